import { AmqpConnections, type AmqpLogger, ConfirmPublisher, Topology } from '../../amqp';
import { type Canvas, CanvasPublisher, CeleryClient, canvas, RedisResults } from '../../celery';
import type { CanvasCaller, CanvasShape } from './canvas';

export interface CallerOptions {
  readonly brokerUrl: string;
  readonly redisUrl: string;
  readonly python: string;
  readonly queue: string;
}

const silent: AmqpLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const CONNECT_TIMEOUT_MS = 10_000;
const RESULT_TIMEOUT_MS = 60_000;
const EXPIRES_SECONDS = 600;

const numbers = (size: number): readonly number[] => Array.from({ length: size }, (_, number) => number);

/** The same as in canvas_caller.py; both end in the sum. */
const build = (shape: CanvasShape, size: number): Canvas =>
  shape === 'chord'
    ? canvas.chord(
        numbers(size).map((number) => canvas.s('bench.add', number, 0)),
        canvas.s('bench.total'),
      )
    : canvas.chain(
        canvas.s('bench.add', 0, 0),
        ...numbers(size - 1).map((number) => canvas.s('bench.add', number + 1)),
      );

/** A TypeScript client on Redis, as a user puts one together. */
export const startCanvasCaller = async (options: CallerOptions): Promise<CanvasCaller> => {
  const logger = silent;
  const connections = new AmqpConnections({ urls: [options.brokerUrl], name: 'bench-canvas', logger });
  const topology = new Topology({ connection: connections.consume, logger });
  const publisher = new ConfirmPublisher({ connection: connections.publish, logger });
  const results = new RedisResults({ url: options.redisUrl, expiresSeconds: EXPIRES_SECONDS, logger });
  const client = new CeleryClient({
    publisher,
    topology,
    results,
    replyTo: '',
    defaultQueue: options.queue,
    createMissingQueues: true,
    serializer: 'json',
    origin: `gen${process.pid}@bench`,
    logger,
  });
  const canvases = new CanvasPublisher({ client, replyTo: '', chords: results.chords });
  await connections.start();
  await connections.ready(CONNECT_TIMEOUT_MS);
  await publisher.start();
  await results.start();
  return {
    time: async (shape, size) => {
      const signature = build(shape, size);
      const startedAt = performance.now();
      const { result } = await canvases.apply(signature);
      const last = await results.waitForResult(result?.id ?? '', { timeoutMs: RESULT_TIMEOUT_MS });
      const elapsedMs = performance.now() - startedAt;
      if (last?.result !== (size * (size - 1)) / 2) {
        throw new Error(`the ${shape} ended with ${JSON.stringify(last)}`);
      }
      return elapsedMs;
    },
    stop: async () => {
      await results.stop();
      await publisher.stop();
      await connections.stop();
    },
  };
};
