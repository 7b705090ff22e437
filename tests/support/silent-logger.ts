import type { AmqpLogger } from '../../amqp';

/** A line that was logged. */
export interface LoggedLine {
  readonly level: keyof AmqpLogger;
  readonly message: string;
  readonly meta: object | undefined;
}

/** A logger that says nothing and keeps what it was told. */
export class SilentLogger implements AmqpLogger {
  readonly lines: LoggedLine[] = [];

  debug(message: string, meta?: object): void {
    this.lines.push({ level: 'debug', message, meta });
  }

  info(message: string, meta?: object): void {
    this.lines.push({ level: 'info', message, meta });
  }

  warn(message: string, meta?: object): void {
    this.lines.push({ level: 'warn', message, meta });
  }

  error(message: string, meta?: object): void {
    this.lines.push({ level: 'error', message, meta });
  }

  /** Everything logged, as one text to search. */
  get text(): string {
    return JSON.stringify(this.lines);
  }
}
