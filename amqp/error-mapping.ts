import { ConnectionError, type ConnectionErrorCode, QueueError, RabbitMQError } from './errors';

/** What amqplib and Node put on their errors; the reply code is a number, a system error's code a string. */
interface ForeignError {
  readonly code?: unknown;
  readonly message?: unknown;
}

/** Reply codes of AMQP 0-9-1 that tell what to do. */
const ACCESS_REFUSED = 403;
const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;
const PRECONDITION_FAILED = 406;
const CONNECTION_FORCED = 320;
const NOT_ALLOWED = 530;

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

/** `403 (ACCESS-REFUSED) with message "…"`, as amqplib words a refused handshake, which carries no code. */
const HANDSHAKE_CODE = /terminated by server: (\d{3})/;

/** How amqplib words that RabbitMQ closed the connection at the virtual host, the last step of the handshake; why is not in it. */
const VHOST_REFUSED = /Expected ConnectionOpenOk; got <ConnectionClose/;

/** Takes out whatever looks like `user:password@` of a URL. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, '//***@');

const NO_VHOST = 'RabbitMQ refused the virtual host: it does not exist, is down, or the user may not use it';

const describe = (error: ForeignError): string =>
  withoutCredentials(typeof error.message === 'string' ? error.message : 'unknown failure');

const notFound = (text: string, cause: unknown): RabbitMQError => {
  if (/no queue '/.test(text)) return new QueueError('QUEUE_NOT_FOUND', text, { cause });
  if (/no exchange '/.test(text)) return new QueueError('EXCHANGE_NOT_FOUND', text, { cause });
  return new QueueError('QUEUE_NOT_FOUND', text, { cause });
};

const fromReplyCode = (code: number, text: string, cause: unknown): RabbitMQError => {
  switch (code) {
    case ACCESS_REFUSED:
    case NOT_ALLOWED:
      return new ConnectionError('ACCESS_REFUSED', text, { cause });
    case NOT_FOUND:
      return notFound(text, cause);
    case RESOURCE_LOCKED:
      return new QueueError('RESOURCE_LOCKED', text, { cause });
    case PRECONDITION_FAILED:
      return new QueueError('PRECONDITION_FAILED', text, { cause });
    case CONNECTION_FORCED:
      return new ConnectionError('CONNECTION_LOST', text, { retryable: true, cause });
    default:
      return new ConnectionError('CHANNEL_CLOSED', text, {
        retryable: true,
        details: { replyCode: code },
        cause,
      });
  }
};

/**
 * The messaging error that a failure of amqplib or of the socket stands for, with the failure as its cause. Idempotent.
 * The text never holds a credential; errors of URL parsing, which do, must not be handed in.
 */
export const toRabbitMQError = (error: unknown): RabbitMQError => {
  if (error instanceof RabbitMQError) return error;
  const foreign: ForeignError =
    typeof error === 'object' && error !== null ? error : { message: String(error) };
  const text = describe(foreign);
  // A text that had to be cleaned is not handed on in the cause either.
  const cause = foreign.message === text ? error : undefined;
  const handshake = HANDSHAKE_CODE.exec(text)?.[1];
  if (typeof foreign.code === 'number') return fromReplyCode(foreign.code, text, cause);
  if (handshake !== undefined) return fromReplyCode(Number(handshake), text, cause);
  const told = VHOST_REFUSED.test(text) ? NO_VHOST : text;
  return new ConnectionError(codeOf(foreign.code, text), told, { retryable: true, cause });
};

const codeOf = (code: unknown, text: string): ConnectionErrorCode => {
  if (typeof code === 'string' && UNREACHABLE.has(code)) return 'BROKER_UNREACHABLE';
  if (/^connect ETIMEDOUT|during opening handshake/.test(text)) return 'BROKER_UNREACHABLE';
  return /^Channel (closed|closing|ended)|channel closed/.test(text) ? 'CHANNEL_CLOSED' : 'CONNECTION_LOST';
};

/** Whether the error is one of ours with one of these codes. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof RabbitMQError && codes.includes(error.code);
