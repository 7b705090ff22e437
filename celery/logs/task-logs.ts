import type { AmqpConnection, AmqpLogger } from '../../amqp';
import { BoundedIndex, type LogTopology, StreamLog, type StreamLogStatus } from '../streams';
import { decodeTaskLogs, TASK_LOG_STREAM, type TaskLogLine } from './task-log-line';

export interface TaskLogsOptions {
  readonly connection: AmqpConnection;
  readonly topology: LogTopology;
  /** How long lines are kept by the broker and read back at start, in seconds. */
  readonly maxAgeSeconds: number;
  /** Size of the stream at which the oldest go before their time, in bytes. Default: age alone counts. */
  readonly maxStreamBytes?: number | undefined;
  /** Characters held for all tasks together. Default 16 Mi. */
  readonly maxCharacters?: number | undefined;
  readonly logger: AmqpLogger;
  readonly now?: (() => number) | undefined;
}

/** A line as it is told, with the worker it came from. */
export interface HeldLogLine extends Omit<TaskLogLine, 'taskId'> {
  readonly worker: string;
}

/** What is held of one task. */
export interface HeldTaskLog {
  /** Oldest first. */
  readonly lines: readonly HeldLogLine[];
  /** Earlier lines had to make room. */
  readonly truncated: boolean;
}

interface Held {
  lines: HeldLogLine[];
  truncated: boolean;
  characters: number;
}

const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_TASKS = 50_000;
/** Of one task, so that a talkative one does not push out the others. */
const MAX_LINES = 1000;

const sizeOf = ({ message, fields }: HeldLogLine): number => message.length + (fields?.length ?? 0);

/** The latest lines of each task, bounded per task and in all; read from the stream, so the same on each replica. */
export class TaskLogs {
  readonly #log: StreamLog;
  readonly #tasks: BoundedIndex<string, Held>;
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(options: TaskLogsOptions) {
    this.#maxCharacters = options.maxCharacters ?? MAX_CHARACTERS;
    this.#tasks = new BoundedIndex(MAX_TASKS, (_taskId, { characters }) => {
      this.#characters -= characters;
    });
    const { connection, topology, maxAgeSeconds, maxStreamBytes, logger, now } = options;
    this.#log = new StreamLog({
      connection,
      topology,
      streamName: TASK_LOG_STREAM,
      maxAgeSeconds,
      maxStreamBytes,
      onEntry: ({ delivery }) => this.take(delivery.content),
      logger,
      now,
    });
  }

  get status(): StreamLogStatus {
    return this.#log.status;
  }

  start(): Promise<void> {
    return this.#log.start();
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  get(taskId: string): HeldTaskLog {
    return this.#tasks.get(taskId) ?? { lines: [], truncated: false };
  }

  /** Takes in one message of the stream. */
  take(content: Buffer): void {
    const { worker, lines } = decodeTaskLogs(content);
    for (const { taskId, ...line } of lines) this.#add(taskId, { ...line, worker });
    while (this.#characters > this.#maxCharacters && this.#tasks.size > 1) this.#tasks.dropOldest();
  }

  #add(taskId: string, line: HeldLogLine): void {
    const held = this.#tasks.get(taskId) ?? { lines: [], truncated: false, characters: 0 };
    held.lines.push(line);
    let change = sizeOf(line);
    if (held.lines.length > MAX_LINES) {
      const [oldest] = held.lines.splice(0, 1);
      change -= oldest === undefined ? 0 : sizeOf(oldest);
      held.truncated = true;
    }
    held.characters += change;
    this.#characters += change;
    this.#tasks.set(taskId, held);
  }
}
