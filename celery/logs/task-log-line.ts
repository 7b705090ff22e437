/** The stream that TypeScript workers ship the lines of running tasks to. Where it does not exist, the broker drops them. */
export const TASK_LOG_STREAM = 'celery-gateway.task-logs';

export type TaskLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line a task logged. */
export interface TaskLogLine {
  readonly taskId: string;
  /** Epoch milliseconds by the worker's clock. */
  readonly at: number;
  readonly level: TaskLogLevel;
  readonly message: string;
  /** JSON of what was logged besides; null for nothing. */
  readonly fields: string | null;
}

/** Lines as they travel: one message of one worker. */
export interface TaskLogBatch {
  readonly worker: string;
  readonly lines: readonly TaskLogLine[];
}

const LEVELS: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn', 'error']);

const isLine = (value: unknown): value is TaskLogLine => {
  if (typeof value !== 'object' || value === null) return false;
  const { taskId, at, level, message, fields } = value as Readonly<Record<string, unknown>>;
  const texts = typeof taskId === 'string' && typeof message === 'string';
  return (
    texts && typeof at === 'number' && LEVELS.has(level) && (fields === null || typeof fields === 'string')
  );
};

export const encodeTaskLogs = (batch: TaskLogBatch): Buffer => Buffer.from(JSON.stringify(batch));

/** What is no line is left out: anyone may publish to the stream. */
export const decodeTaskLogs = (content: Buffer): TaskLogBatch => {
  try {
    const value = JSON.parse(content.toString()) as Readonly<Record<string, unknown>>;
    const lines: readonly unknown[] = Array.isArray(value.lines) ? value.lines : [];
    return { worker: String(value.worker), lines: lines.filter(isLine) };
  } catch {
    return { worker: '', lines: [] };
  }
};
