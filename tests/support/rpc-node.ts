import { AmqpConnections, ConfirmPublisher, Topology } from '../../amqp';
import {
  CanvasPublisher,
  CeleryClient,
  type CeleryClientOptions,
  RpcStreamResults,
  SubmissionRecords,
} from '../../celery';
import { ChordJoiner, RpcChordCounter } from '../../celery/chords';
import { SilentLogger } from './silent-logger';
import { until } from './until';

/** How much of a gateway's messaging a test wants to be different. */
export interface RpcNodeOptions {
  /** Results held in memory. */
  readonly maxEntries?: number;
  readonly maxAgeSeconds?: number;
  readonly now?: () => number;
  /** False: a client that begins chords and leaves joining them to others. Default true. */
  readonly joins?: boolean;
  /** Called when the joiner has published a task, before it learns that it has. */
  readonly afterJoinPublish?: (taskId: string) => Promise<void>;
}

/** A gateway's messaging with `rpc://` results, without its HTTP side: two of them on a vhost are two replicas. */
export class RpcNode {
  readonly logger = new SilentLogger();
  readonly canvases: CanvasPublisher;

  private constructor(
    readonly connections: AmqpConnections,
    readonly publisher: ConfirmPublisher,
    readonly topology: Topology,
    readonly results: RpcStreamResults,
    readonly records: SubmissionRecords,
    readonly joiner: ChordJoiner,
    readonly client: CeleryClient,
  ) {
    this.canvases = new CanvasPublisher({
      client,
      replyTo: () => results.replyTo,
      chords: new RpcChordCounter({ publisher, topology }),
    });
  }

  /** Started, caught up, and consuming or standing by. */
  static async start(url: string, options: RpcNodeOptions = {}): Promise<RpcNode> {
    const { maxEntries = 10_000, maxAgeSeconds = 3600, now, joins = true, afterJoinPublish } = options;
    const logger = new SilentLogger();
    const connections = new AmqpConnections({ urls: [url], name: 'rpc-node', logger });
    const connection = connections.consume;
    const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
    const topology = new Topology({ connection, logger });
    const shared = { connection, topology, maxAgeSeconds, maxEntries, logger };
    const results = new RpcStreamResults(shared);
    const records = new SubmissionRecords(shared);
    const clientOptions: CeleryClientOptions = {
      publisher,
      topology,
      results,
      records,
      replyTo: () => results.replyTo,
      defaultQueue: 'celery',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    };
    const joiner = new ChordJoiner({
      connection,
      topology,
      feed: results,
      records,
      clientOn: (channel) => {
        const sender = new CeleryClient({ ...clientOptions, publisher: channel });
        return {
          submit: async (task) => {
            const submitted = await sender.submit(task);
            await afterJoinPublish?.(submitted.taskId);
            return submitted;
          },
        };
      },
      maxAgeSeconds,
      logger,
      now,
    });
    const client = new CeleryClient(clientOptions);
    const node = new RpcNode(connections, publisher, topology, results, records, joiner, client);
    await connections.start();
    await connections.ready(20_000);
    for (const part of [publisher, results, records, ...(joins ? [joiner] : [])]) await part.start();
    await until(() => results.status.ready && records.status.ready, { timeoutMs: 20_000 });
    return node;
  }

  /** As a process that dies: its connections are gone in the middle of whatever it does. */
  async crash(): Promise<void> {
    await this.connections.stop();
    await this.stop();
  }

  /** As a process that ends: joins go back with the channel. */
  async stop(): Promise<void> {
    await this.joiner.stop();
    await this.results.stop();
    await this.records.stop();
    await this.publisher.stop();
    await this.topology.close();
    await this.connections.stop();
  }
}
