import type { ConfirmPublisher } from '../../amqp';
import { encodeTaskLogs, TASK_LOG_STREAM, type TaskLogLevel, type TaskLogLine } from './task-log-line';

export interface TaskLogShipperOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  /** Nodename of the worker. */
  readonly worker: string;
  readonly now?: (() => number) | undefined;
}

/** Lines waiting to be sent at most; the oldest make room. */
const MAX_WAITING = 5000;
const MAX_BATCH = 500;
const MAX_TEXT = 8192;

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
};

const fieldsText = (fields: object | undefined): string | null => {
  if (fields === undefined) return null;
  try {
    return cut(JSON.stringify(fields, plain));
  } catch {
    return null;
  }
};

/**
 * Sends what tasks log to the stream gateways read it from: transient, bounded, never awaited. One message is under way at a
 * time, and what is logged meanwhile shares the next, so that a task that logs much costs few messages. Lines are lost where
 * the broker is away: they are in the worker's own log as well.
 */
export class TaskLogShipper {
  #waiting: TaskLogLine[] = [];
  #sending: boolean = false;
  #dropped = 0;
  readonly #options: TaskLogShipperOptions;

  constructor(options: TaskLogShipperOptions) {
    this.#options = options;
  }

  /** Lines lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line. Returns at once and never throws. */
  ship(taskId: string, level: TaskLogLevel, message: string, fields?: object): void {
    const at = (this.#options.now ?? Date.now)();
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push({ taskId, at, level, message: cut(String(message)), fields: fieldsText(fields) });
    if (this.#sending) return;
    this.#sending = true;
    // What is logged in the same turn goes along.
    setImmediate(() => void this.#send());
  }

  async #send(): Promise<void> {
    const { publisher, worker } = this.#options;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0, MAX_BATCH);
      try {
        await publisher.publish({
          exchange: '',
          routingKey: TASK_LOG_STREAM,
          content: encodeTaskLogs({ worker, lines }),
          properties: { contentType: 'application/json', deliveryMode: 1 },
          mandatory: false,
        });
      } catch {
        this.#dropped += lines.length;
      }
    }
    this.#sending = false;
  }
}
