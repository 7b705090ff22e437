import { randomUUID } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import type { ChannelModel } from 'amqplib';
import { startBenchClient } from './celery-client';
import { startChild } from './child';
import type { Plan } from './plan';
import type { Progress } from './progress';
import { median, quantile } from './statistics';
import { STREAMS, type Subjects } from './subjects';
import { taskMessage } from './task-message';
import { RAW, TYPESCRIPT } from './worker-rows';

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface RoundTripFigures {
  readonly directReplyTo: Latency;
  readonly client: Latency;
  readonly http: Latency;
}

export interface RoundTripBench {
  readonly brokerUrl: string;
  readonly connection: ChannelModel;
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly progress: Progress;
}

/** One caller, open for as long as the bench runs. */
interface Caller {
  call(): Promise<void>;
  stop(): Promise<void>;
}

const TASK = 'bench.noop';
const TASK_QUEUE = 'bench.round-trip';
const DIRECT_QUEUE = 'bench.direct';
const WAIT_SECONDS = 10;
const WARM_UP_CALLS = 200;

/** The floor: RabbitMQ's own request-reply, fire and forget both ways, against a consumer that only parses. */
const directReplyTo = async ({ connection, subjects }: RoundTripBench): Promise<Caller> => {
  const channel = await connection.createChannel();
  await channel.assertQueue(DIRECT_QUEUE, { durable: true });
  const responder = await startChild(
    subjects.worker(RAW, { queue: DIRECT_QUEUE, results: 'rpc', prefetch: 100 }),
  );
  const pending = new Map<string, () => void>();
  await channel.consume(
    'amq.rabbitmq.reply-to',
    (message) => {
      JSON.parse(message?.content.toString() ?? 'null');
      pending.get(String(message?.properties.correlationId))?.();
    },
    { noAck: true },
  );
  return {
    call: () =>
      new Promise((resolve) => {
        const id = randomUUID();
        const message = taskMessage({ id, name: TASK, args: [], replyTo: 'amq.rabbitmq.reply-to' });
        pending.set(id, () => {
          pending.delete(id);
          resolve();
        });
        channel.sendToQueue(DIRECT_QUEUE, message.content, message.options);
      }),
    stop: () => responder.stop(),
  };
};

const viaClient = async ({ brokerUrl }: RoundTripBench): Promise<Caller> => {
  const { client, results, stop } = await startBenchClient(brokerUrl);
  return {
    call: async () => {
      const { taskId } = await client.submit({ name: TASK, options: { queue: TASK_QUEUE } });
      const meta = await results.waitForResult(taskId, { timeoutMs: WAIT_SECONDS * 1000 });
      if (meta?.status !== 'SUCCESS') throw new Error(`the task ended as ${JSON.stringify(meta)}`);
    },
    stop,
  };
};

const viaHttp = async ({ subjects }: RoundTripBench): Promise<Caller> => {
  const gateway = await startChild(subjects.gateway(TASK_QUEUE));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'X-API-Key': subjects.apiKey, 'Content-Type': 'application/json' };
  const send = (method: 'GET' | 'POST', path: string, body?: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const options = { agent, host: '127.0.0.1', port: gateway.ready[1], method, path, headers };
      const sent = httpRequest(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text) as Record<string, unknown>);
          else reject(new Error(`${method} ${path} was answered ${response.statusCode}: ${text}`));
        });
      });
      sent.once('error', reject);
      sent.end(body);
    });
  const submission = JSON.stringify({ task_name: TASK });
  return {
    call: async () => {
      const { task_id: taskId } = await send('POST', '/rabbitmq/tasks/submit', submission);
      const task = await send('GET', `/rabbitmq/tasks/${String(taskId)}?wait=${WAIT_SECONDS}`);
      if (task.status !== 'SUCCESS') throw new Error(`the task ended as ${JSON.stringify(task)}`);
    },
    stop: async () => {
      agent.destroy();
      await gateway.stop();
    },
  };
};

const timeCalls = async (caller: Caller, calls: number): Promise<number[]> => {
  const samples: number[] = [];
  for (let i = 0; i < calls; i += 1) {
    const startedAt = performance.now();
    await caller.call();
    samples.push(performance.now() - startedAt);
  }
  return samples;
};

const deleteStreams = async (connection: ChannelModel): Promise<void> => {
  const channel = await connection.createChannel();
  for (const stream of Object.values(STREAMS)) await channel.deleteQueue(stream);
  await channel.close();
};

/** Sequential calls, one at a time: what a single caller waits for. */
export const benchRoundTrip = async (bench: RoundTripBench): Promise<RoundTripFigures> => {
  const { plan, progress, subjects } = bench;
  await deleteStreams(bench.connection);
  const worker = await startChild(
    subjects.worker(TYPESCRIPT, { queue: TASK_QUEUE, results: 'rpc', prefetch: 100 }),
  );
  const callers = {
    directReplyTo: await directReplyTo(bench),
    client: await viaClient(bench),
    http: await viaHttp(bench),
  };
  const rounds: Record<keyof typeof callers, Latency[]> = { directReplyTo: [], client: [], http: [] };
  try {
    for (let round = 0; round <= plan.rounds; round += 1) {
      for (const name of ['directReplyTo', 'client', 'http'] as const) {
        progress.step(`round trip: ${name}, ${round === 0 ? 'warm-up' : `round ${round}`}`);
        const samples = await timeCalls(callers[name], round === 0 ? WARM_UP_CALLS : plan.calls);
        if (round === 0) continue;
        const latency = { p50Ms: quantile(samples, 0.5), p99Ms: quantile(samples, 0.99) };
        progress.measured(`p50 ${latency.p50Ms.toFixed(2)} ms, p99 ${latency.p99Ms.toFixed(2)} ms`);
        rounds[name].push(latency);
      }
    }
  } finally {
    await Promise.all([...Object.values(callers).map((caller) => caller.stop()), worker.stop()]);
  }
  const figure = (latencies: readonly Latency[]): Latency => ({
    p50Ms: median(latencies.map((latency) => latency.p50Ms)),
    p99Ms: median(latencies.map((latency) => latency.p99Ms)),
  });
  return {
    directReplyTo: figure(rounds.directReplyTo),
    client: figure(rounds.client),
    http: figure(rounds.http),
  };
};
