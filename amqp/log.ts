/** The logger the AMQP and Celery layers are handed; winston's satisfies it. No secret is ever passed to it. */
export interface AmqpLogger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  error(message: string, meta?: object): void;
}
