import { Writable } from 'node:stream';
import winston from 'winston';
import { redact } from './redaction';

/** What the rest of the house uses of winston. */
export type Logger = Pick<winston.Logger, 'error' | 'warn' | 'info' | 'http' | 'debug' | 'child'>;

/** Levels, loudest first. `error`: someone must act. `warn`: it heals itself, but look. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'http', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Written on every line as `service`. */
  readonly service: string;
  /** Where lines go; standard error when absent (standard output belongs to commands). */
  readonly stream?: NodeJS.WritableStream | undefined;
}

/** Control characters in a pretty line would let a value forge further lines or colour the terminal. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

function escapeControl(text: string): string {
  return text.replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const MESSAGE = Symbol.for('message');
const LEVEL = Symbol.for('level');

function errorFields(error: Error): object {
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.cause instanceof Error ? { cause: errorFields(error.cause) } : {}),
    stack: error.stack,
  };
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return errorFields(value);
  return value;
}

/** Logging never throws into the code that logs: a cycle costs the fields, not the request. */
function stringify(fields: object): string {
  try {
    return JSON.stringify(fields, replacer);
  } catch {
    return JSON.stringify({ unprintable: true });
  }
}

function jsonLine(info: winston.Logform.TransformableInfo): string {
  const { level, message, service, timestamp, ...fields } = info;
  return redact(stringify({ timestamp, level, service, message, ...fields }));
}

function prettyLine(info: winston.Logform.TransformableInfo): string {
  const { level, message, service, timestamp, ...fields } = info;
  const rest = Object.keys(fields).length === 0 ? '' : ` ${stringify(fields)}`;
  return redact(
    escapeControl(`${String(timestamp)} ${level.padEnd(5)} ${String(service)}: ${String(message)}${rest}`),
  );
}

const line = {
  json: jsonLine,
  pretty: prettyLine,
} as const;

/**
 * Lines are gathered and written once per event-loop turn: a write to a pipe or a file is a system call, and one for
 * each request would be paid by the submit path.
 */
export class BatchedLines extends Writable {
  private waiting: string[] = [];
  private scheduled: boolean = false;

  constructor(private readonly target: NodeJS.WritableStream) {
    super({ decodeStrings: false });
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.waiting.push(String(chunk));
    if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => this.flush());
    }
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.flush();
    done();
  }

  /** Writes what waits. Called by itself each turn, and by the process just before it exits. */
  flush(): void {
    this.scheduled = false;
    if (this.waiting.length === 0) return;
    const text = this.waiting.join('');
    this.waiting = [];
    this.target.write(text);
  }
}

/** One winston logger per process: a line is one JSON object (or one readable line), secrets redacted. */
export function createLogger(options: LoggerOptions): winston.Logger {
  const render = line[options.format];
  const lines = new BatchedLines(options.stream ?? process.stderr);
  process.once('exit', () => lines.flush());
  const format = winston.format((info) => {
    info.timestamp = new Date().toISOString();
    info[LEVEL] ??= info.level;
    info[MESSAGE] = render(info);
    return info;
  });
  return winston.createLogger({
    levels: Object.fromEntries(LOG_LEVELS.map((name, index) => [name, index])),
    level: options.level,
    defaultMeta: { service: options.service },
    format: format(),
    transports: [new winston.transports.Stream({ stream: lines })],
    exitOnError: false,
  });
}

/** A logger that says nothing, for tests and one-shot commands. */
export function silentLogger(): winston.Logger {
  return winston.createLogger({
    levels: Object.fromEntries(LOG_LEVELS.map((name, index) => [name, index])),
    silent: true,
    transports: [
      new winston.transports.Stream({ stream: new Writable({ write: (_c, _e, done) => done() }) }),
    ],
  });
}
