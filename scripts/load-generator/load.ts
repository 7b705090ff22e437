import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadReport, Tally } from './tally';

export interface Load {
  readonly url: URL;
  readonly key: string;
  readonly connections: number;
  /** Submissions a second over all connections; 0 is as fast as the answers come. */
  readonly rate: number;
  readonly durationMs: number;
  readonly task: {
    readonly name: string;
    readonly args: readonly unknown[];
    readonly queue: string | undefined;
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** No answer for so long counts as none. */
const ANSWER_MS = 30_000;

/** Unknown, not refused: the message may be in the queue. */
const UNKNOWN = 504;

function send(load: Load, agent: Agent, taskId: string): Promise<Answer> {
  const { name, args, queue } = load.task;
  const body = JSON.stringify({
    task_name: name,
    args,
    task_id: taskId,
    ...(queue === undefined ? {} : { queue }),
  });
  const ask = load.url.protocol === 'https:' ? tlsRequest : request;
  return new Promise((resolve, reject) => {
    const call = ask(
      new URL('/rabbitmq/tasks/submit', load.url),
      {
        method: 'POST',
        agent,
        timeout: ANSWER_MS,
        headers: {
          'X-API-Key': load.key,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.once('error', reject);
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
    call.end(body);
  });
}

function why({ status, text }: Answer): string {
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** The beat: each submission has its own moment, so that slow answers do not lower what is offered. */
function beat(rate: number): () => number {
  const startedAt = performance.now();
  let next = 0;
  return () => {
    if (rate === 0) return 0;
    const dueAt = startedAt + (next * 1000) / rate;
    next += 1;
    return Math.max(0, dueAt - performance.now());
  };
}

/** Submits tasks until the time is over and every answer is there. */
export async function runLoad(load: Load): Promise<LoadReport> {
  const options = { keepAlive: true, maxSockets: load.connections };
  const agent = load.url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
  const tally = new Tally();
  const startedAt = performance.now();
  const until = startedAt + load.durationMs;
  const waitMs = beat(load.rate);

  const one = async (): Promise<void> => {
    tally.offered();
    const sentAt = performance.now();
    try {
      const answer = await send(load, agent, randomUUID());
      if (answer.status === 202) tally.accepted(performance.now() - sentAt);
      else if (answer.status === UNKNOWN) tally.unknown();
      else tally.refused(why(answer));
    } catch {
      tally.unknown();
    }
  };
  const connection = async (): Promise<void> => {
    while (performance.now() < until) {
      await sleep(waitMs());
      if (performance.now() >= until) return;
      await one();
    }
  };
  await Promise.all(Array.from({ length: load.connections }, connection));
  agent.destroy();
  return tally.report((performance.now() - startedAt) / 1000);
}
