import { AmqpConnections, type AmqpLogger, ConfirmPublisher, Topology } from '../../amqp';
import { CeleryClient, RpcStreamResults, SubmissionRecords } from '../../celery';
import { STREAMS } from './subjects';

/** The client of the Celery layer with its record and result stream, without HTTP in front. */
export interface BenchClient {
  readonly client: CeleryClient;
  readonly results: RpcStreamResults;
  stop(): Promise<void>;
}

const silent: AmqpLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const DAY_SECONDS = 86_400;
const MAX_ENTRIES = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

export const startBenchClient = async (brokerUrl: string): Promise<BenchClient> => {
  const logger = silent;
  const connections = new AmqpConnections({ urls: [brokerUrl], name: 'bench-client', logger });
  const topology = new Topology({ connection: connections.consume, logger });
  const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
  const shared = { connection: connections.consume, topology, logger, maxEntries: MAX_ENTRIES };
  const results = new RpcStreamResults({
    ...shared,
    streamName: STREAMS.results,
    maxAgeSeconds: DAY_SECONDS,
  });
  const records = new SubmissionRecords({
    ...shared,
    streamName: STREAMS.submissions,
    maxAgeSeconds: DAY_SECONDS,
  });
  const client = new CeleryClient({
    publisher,
    topology,
    results,
    records,
    replyTo: () => results.replyTo,
    defaultQueue: 'celery',
    createMissingQueues: true,
    serializer: 'json',
    origin: `gen${process.pid}@bench`,
    logger,
  });
  await connections.start();
  await connections.ready(CONNECT_TIMEOUT_MS);
  await publisher.start();
  await results.start();
  await records.start();
  return {
    client,
    results,
    stop: async () => {
      await records.stop();
      await results.stop();
      await publisher.stop();
      await connections.stop();
    },
  };
};
