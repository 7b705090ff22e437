import { AmqpConnections, ConfirmPublisher, Topology } from '../../../amqp';
import { CeleryClient, type CeleryClientOptions, RpcStreamResults, SubmissionRecords } from '../../../celery';
import { Cleanup } from '../../support/cleanup';
import { SilentLogger } from '../../support/silent-logger';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

/** One process' worth of AMQP layer, on a vhost of its own or on another rig's. */
export interface Rig {
  readonly vhost: TestVhost;
  readonly connections: AmqpConnections;
  readonly publisher: ConfirmPublisher;
  readonly topology: Topology;
  readonly logger: SilentLogger;
  readonly cleanup: Cleanup;
}

export const startRig = async (label: string, shared?: TestVhost): Promise<Rig> => {
  const cleanup = new Cleanup();
  const vhost = shared ?? (await createVhost(label));
  if (shared === undefined) cleanup.does(() => vhost.drop());
  const logger = new SilentLogger();
  const connections = await cleanup.stops(new AmqpConnections({ urls: [vhost.url], name: label, logger }));
  await connections.start();
  await connections.ready(10_000);
  const publisher = await cleanup.stops(new ConfirmPublisher({ connection: connections.publish, logger }));
  await publisher.start();
  const topology = new Topology({ connection: connections.consume, logger });
  return { vhost, connections, publisher, topology, logger, cleanup };
};

/** Result store and record on a rig, started and caught up. */
export const startStores = async (rig: Rig, streams = true) => {
  const shared = {
    connection: rig.connections.consume,
    topology: rig.topology,
    maxAgeSeconds: 3600,
    maxEntries: 10_000,
    streams,
    logger: rig.logger,
  };
  const results = await rig.cleanup.stops(new RpcStreamResults(shared));
  const records = await rig.cleanup.stops(new SubmissionRecords(shared));
  await results.start();
  await records.start();
  await until(() => results.status.ready, { what: 'the result store' });
  if (streams) await until(() => records.status.ready, { what: 'the submission record' });
  return { results, records };
};

/** A client on the rig with what a gateway gives it. */
export const clientOn = (
  rig: Rig,
  stores: { readonly results: RpcStreamResults; readonly records?: SubmissionRecords | undefined },
  options: Partial<CeleryClientOptions> = {},
): CeleryClient =>
  new CeleryClient({
    publisher: rig.publisher,
    topology: rig.topology,
    results: stores.results,
    records: stores.records,
    replyTo: () => stores.results.replyTo,
    defaultQueue: 'celery',
    createMissingQueues: true,
    serializer: 'json',
    origin: 'gen1@test',
    logger: rig.logger,
    ...options,
  });

/** Takes everything waiting in a queue. */
export const drain = async (rig: Rig, queue: string) => {
  const channel = await rig.connections.consume.openChannel();
  const messages = [];
  for (let next = await channel.get(queue, { noAck: true }); next !== false; ) {
    messages.push(next);
    next = await channel.get(queue, { noAck: true });
  }
  await channel.close();
  return messages;
};
