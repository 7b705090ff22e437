import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmqpConnection, AmqpConsumer, Topology } from '../../amqp';
import type { GatewayProcess } from './processes';
import { SilentLogger } from './silent-logger';
import { until } from './until';

export interface LedgerOptions {
  /** The one that is asked at that moment: it may be replaced meanwhile. */
  readonly gateway: () => Pick<GatewayProcess, 'url' | 'keys'>;
  readonly queue: string;
  readonly taskName?: string;
  readonly perSecond: number;
  readonly callers?: number;
  /** Of the task with this number, which counts from 1; none when left out. */
  readonly args?: (number: number) => readonly unknown[];
}

/** Most of a connection's answers come within milliseconds; a gateway's own deadline is 5 s. */
const ANSWER_MS = 40_000;

/**
 * Submits tasks at a pace, each with an id of its own and once only, and writes down how each ended, to be compared with what
 * is in the queue afterwards.
 */
export class SubmissionLedger {
  readonly accepted = new Set<string>();
  /** Refused for good: none of them may be in the queue. */
  readonly refused = new Set<string>();
  /** 504 or no answer: they may be in the queue. */
  readonly unknown = new Set<string>();
  /** Answers by status and code, as `503 BROKER_UNREACHABLE`. */
  readonly answers = new Map<string, number>();
  /** The number of each id. */
  readonly numbers = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  #running: boolean = true;
  #offered = 0;
  #finished: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LedgerOptions) {}

  start(): void {
    const startedAt = performance.now();
    const caller = async (): Promise<void> => {
      while (this.#running) {
        const dueAt = startedAt + (this.#offered * 1000) / this.options.perSecond;
        this.#offered += 1;
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        await this.#submit();
      }
    };
    this.#finished = Promise.all(Array.from({ length: this.options.callers ?? 64 }, caller));
  }

  /** Submits no more, and waits for the answers still due. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#finished;
    this.#agent.destroy();
  }

  async #submit(): Promise<void> {
    const taskId = randomUUID();
    this.numbers.set(taskId, this.numbers.size + 1);
    const ended = (book: Set<string>, how: string): void => {
      book.add(taskId);
      this.answers.set(how, (this.answers.get(how) ?? 0) + 1);
    };
    try {
      const { status, text } = await this.#post(taskId);
      const code = /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? '';
      const book = status === 202 ? this.accepted : status === 504 ? this.unknown : this.refused;
      ended(book, `${status} ${code}`.trim());
    } catch (error) {
      ended(this.unknown, `no answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #post(taskId: string): Promise<{ readonly status: number; readonly text: string }> {
    const { url, keys } = this.options.gateway();
    const { queue, taskName = 'interop.noop', args } = this.options;
    const given = args?.(this.numbers.get(taskId) ?? 0);
    const body = JSON.stringify({ task_name: taskName, task_id: taskId, queue, args: given });
    const headers = { 'X-API-Key': keys.submitter, 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      const call = request(
        `${url}/rabbitmq/tasks/submit`,
        { method: 'POST', agent: this.#agent, headers, timeout: ANSWER_MS },
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
}

/**
 * Takes all there is out of a queue: how often each task id was in it.
 * @param quietMs without a message, after which it counts as empty
 */
export async function drain(
  urls: readonly string[],
  queue: string,
  quietMs = 3000,
): Promise<ReadonlyMap<string, number>> {
  const logger = new SilentLogger();
  const connection = new AmqpConnection({ urls, name: 'drain', logger });
  await connection.start();
  await connection.ready(30_000);
  const seen = new Map<string, number>();
  let lastAt = performance.now();
  const consumer = new AmqpConsumer({
    connection,
    queue,
    prefetch: 500,
    logger,
    onDelivery: (delivery) => {
      lastAt = performance.now();
      const id = delivery.properties.correlationId ?? '';
      seen.set(id, (seen.get(id) ?? 0) + 1);
      delivery.ack();
    },
  });
  await consumer.start();
  await until(() => performance.now() - lastAt > quietMs, { timeoutMs: 120_000, what: 'a drained queue' });
  await consumer.stop();
  await connection.stop();
  return seen;
}

/** The queue that ledgers are kept against. */
export const LEDGER_QUEUE = 'ledger';

/** Declares it, as an operator would before anybody submits. */
export async function declareLedgerQueue(url: string, args: Record<string, unknown>): Promise<void> {
  const logger = new SilentLogger();
  const connection = new AmqpConnection({ urls: [url], name: 'declare', logger });
  await connection.start();
  await connection.ready(30_000);
  await new Topology({ connection, logger }).ensureQueue({ name: LEDGER_QUEUE, arguments: args });
  await connection.stop();
}

/** Holds what was answered against what is in the queue. */
export function expectNothingLost(ledger: SubmissionLedger, found: ReadonlyMap<string, number>): void {
  expect([...ledger.accepted].filter((id) => !found.has(id))).toEqual([]);
  expect([...ledger.refused].filter((id) => found.has(id))).toEqual([]);
  // Each id was submitted once, so nobody but the gateway could have doubled it.
  expect([...found].filter(([, times]) => times > 1)).toEqual([]);
  for (const answer of ledger.answers.keys())
    expect(answer).toMatch(/^(202|503 [A-Z_]+|504 PUBLISH_UNKNOWN)$/);
}
