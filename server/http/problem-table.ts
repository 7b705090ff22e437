import type { ProblemCode } from '../errors';
import { DIRECT_PROBLEMS } from './direct-problems';
import type { ProblemKind } from './problem-kind';
import { WEBHOOK_PROBLEMS } from './webhook-problems';

export type { ProblemKind } from './problem-kind';

/** Where problem types are described; RFC 9457 wants a URI, a relative one is resolved against the request. */
export function problemType(code: ProblemCode): string {
  return `/problems/${code.toLowerCase().replaceAll('_', '-')}`;
}

/**
 * The one place where an error code becomes a status. A code that is missing here does not compile.
 */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  ...DIRECT_PROBLEMS,
  ...WEBHOOK_PROBLEMS,
  BODY_MALFORMED: {
    status: 400,
    title: 'The body is not acceptable JSON',
    advice:
      'Not JSON, nested too deep, a number that cannot be kept exactly, a key such as __proto__, a lone surrogate or NUL. `errors` points to the value.',
  },
  REQUEST_INVALID: {
    status: 400,
    title: 'The request is invalid',
    advice: 'A field is missing, unknown or out of range. `errors` points to each.',
  },
  TASK_INVALID: {
    status: 400,
    title: 'The task is invalid',
    advice: 'Arguments or options that a Celery worker could not take. `errors` points to each.',
  },
  ARGUMENTS_INVALID: {
    status: 400,
    title: 'The arguments do not match the schema of the task',
    advice:
      'The task has a JSON Schema in TASK_SCHEMAS_DIR. `errors` points to each value that does not fit.',
  },
  MESSAGE_INVALID: {
    status: 400,
    title: 'The message is invalid',
    advice: 'A property or header that AMQP cannot carry, or that would add routes. `errors` points to it.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'A valid API key is needed',
    advice: 'Send `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The API key may not do this',
    advice: 'Use a key with the scope named in `detail`, or one that is not limited.',
  },
  NAME_NOT_ALLOWED: {
    status: 403,
    title: 'The name is not allowed',
    advice: 'An internal queue, exchange or task, or a queue outside GATEWAY_ALLOWED_QUEUES.',
  },
  ACCESS_REFUSED: {
    status: 403,
    title: 'The broker refused access',
    advice: "The gateway's broker user lacks a permission. An operator must grant it.",
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: 'There is no such route',
    advice: 'Check the path. Queue and message routes exist only with RABBITMQ_MANAGEMENT_ENABLED.',
  },
  TASK_NOT_FOUND: {
    status: 404,
    title: 'The task is not known',
    advice: 'No result, no event and no submission record has this id, or they have expired.',
  },
  TASK_NOT_RECORDED: {
    status: 404,
    title: 'The message of the task is not on record',
    advice:
      'Only what was submitted through a gateway, within SUBMISSION_RECORD_MAX_AGE_SECONDS, can be submitted again.',
  },
  QUEUE_NOT_FOUND: {
    status: 404,
    title: 'The queue does not exist',
    advice: 'Declare it first, or let a worker declare it.',
  },
  EXCHANGE_NOT_FOUND: { status: 404, title: 'The exchange does not exist', advice: 'Declare it first.' },
  TASK_UNKNOWN: {
    status: 404,
    title: 'The task name is not registered',
    advice: 'No worker knows a task of this name.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'The method is not allowed here',
    advice: 'The `Allow` header lists those that are.',
  },
  PRECONDITION_FAILED: {
    status: 409,
    title: 'What exists does not allow this',
    advice:
      'A queue or exchange of this name has other settings, or is not empty or in use and that was a condition. `detail` says which.',
  },
  TASK_NOT_FINISHED: {
    status: 409,
    title: 'The task is not finished',
    advice: 'It may still run. Wait for its end, revoke it, or say `force` to submit it again all the same.',
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: 'A request with this key is being handled',
    advice: 'Repeat after `Retry-After`; the answer of the first one is then given again.',
  },
  RESOURCE_LOCKED: {
    status: 409,
    title: 'The queue belongs to another connection',
    advice: 'An exclusive queue can only be used by the connection that declared it.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    advice: 'Send less, or raise GATEWAY_BODY_LIMIT_BYTES.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body must be JSON in UTF-8',
    advice: 'Send `Content-Type: application/json`.',
  },
  UNROUTABLE: {
    status: 422,
    title: 'No queue would receive the message',
    advice: 'The exchange has no binding for this routing key. Nothing was queued.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The Idempotency-Key was used for another body',
    advice: 'A key stands for one request. Take a new key for a new request.',
  },
  MESSAGE_NOT_A_TASK: {
    status: 422,
    title: 'The message would break Celery workers',
    advice:
      'It goes to a queue of Celery workers, or claims to be a task, and a worker could not read it. Use POST /rabbitmq/tasks/submit.',
  },
  WORKFLOW_NOT_FOUND: {
    status: 404,
    title: 'The workflow is not known',
    advice: 'No gateway has a graph of this id, or it is older than results are kept.',
  },
  WORKFLOW_CONFLICT: {
    status: 409,
    title: 'The workflow is not in a state for this',
    advice: 'A retry needs a workflow that has ended with a failure; `detail` says what is in the way.',
  },
  CANVAS_UNSUPPORTED: {
    status: 422,
    title: 'The canvas is not supported',
    advice: 'Its parts cannot be combined this way.',
  },
  CONFIRMATION_REQUIRED: {
    status: 428,
    title: 'The call has to be confirmed',
    advice: 'It cannot be undone. Repeat it with `?confirm=` and the name that `detail` asks for.',
  },
  KEY_NOT_FOUND: { status: 404, title: 'The API key is not known', advice: 'No key has this id.' },
  KEY_EXISTS: { status: 409, title: 'The API key exists', advice: 'Choose another id, or rotate the key.' },
  KEYS_READ_ONLY: {
    status: 409,
    title: 'The API key cannot be changed here',
    advice:
      'It comes from GATEWAY_API_KEYS, or neither GATEWAY_API_KEYS_FILE nor GATEWAY_API_KEYS_REDIS_URL says where to keep keys.',
  },
  KEYS_UNAVAILABLE: {
    status: 503,
    title: 'The API keys cannot be had now',
    advice:
      'Where they are kept does not answer: nothing was changed, and keys that were never read are not known. Repeat after `Retry-After`.',
  },
  IDENTITY_UNAVAILABLE: {
    status: 503,
    title: 'Tokens cannot be verified now',
    advice: "The keys of the tokens' issuer could not be fetched. API keys work. Repeat after `Retry-After`.",
  },
  AUDIT_UNAVAILABLE: {
    status: 503,
    title: 'The audit log cannot be written',
    advice: 'Nothing was done. An operator must free space or mend GATEWAY_AUDIT_FILE.',
  },
  RATE_LIMITED: { status: 429, title: 'Too many requests', advice: 'Wait as `Retry-After` says.' },
  TOO_MANY_STREAMS: {
    status: 429,
    title: 'Too many event streams are open',
    advice: 'Close one that is no longer read, or raise EVENT_STREAMS_PER_KEY.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'The gateway failed',
    advice: 'Report the requestId; the log has the cause.',
  },
  WORKER_NOT_FOUND: {
    status: 404,
    title: 'The worker is not known',
    advice: 'No worker of this name answered and no event told of it. Look at GET /rabbitmq/workers.',
  },
  SCHEDULE_NOT_FOUND: {
    status: 404,
    title: 'The schedule does not exist',
    advice: 'It was never made, or it was deleted. Look at GET /rabbitmq/schedules.',
  },
  SCHEDULE_EXISTS: {
    status: 409,
    title: 'A schedule of this name exists',
    advice: 'Replace it with PUT, or choose another name.',
  },
  SCHEDULES_FULL: {
    status: 409,
    title: 'There are too many schedules',
    advice: 'Delete some, or raise SCHEDULES_MAX.',
  },
  QUEUE_NOT_PAUSED: {
    status: 409,
    title: 'The queue is not paused',
    advice: 'There is nothing to resume. Look at GET /rabbitmq/queues/paused.',
  },
  CONCURRENT_CHANGE: {
    status: 409,
    title: 'It was changed by somebody else at the same time',
    advice: 'Nothing was changed by this request. Read it again and repeat.',
  },
  VERSION_MISMATCH: {
    status: 412,
    title: 'It was changed since it was read',
    advice: 'The `If-Match` given is not its present ETag. Read it again and repeat.',
  },
  MESSAGING_DISABLED: {
    status: 503,
    title: 'Messaging is switched off',
    advice: 'Set RABBITMQ_ENABLED=true.',
  },
  NOT_READY: {
    status: 503,
    title: 'The gateway is not ready yet',
    advice:
      'It has not read all that is kept yet, or cannot while the broker is away. Nothing was queued. Repeat after `Retry-After`.',
  },
  IDEMPOTENCY_UNAVAILABLE: {
    status: 503,
    title: 'Idempotency cannot be promised now',
    advice:
      'The stream that keeps the keys is not to be had. Nothing was done. Repeat after `Retry-After`, or do without Idempotency-Key and dedup.',
  },
  SHUTTING_DOWN: {
    status: 503,
    title: 'The gateway is stopping',
    advice: 'Repeat; another replica will take it.',
  },
  BROKER_UNREACHABLE: {
    status: 503,
    title: 'The broker cannot be reached',
    advice: 'Nothing was queued. Repeat after `Retry-After`.',
  },
  CONNECTION_LOST: {
    status: 503,
    title: 'The connection to the broker was lost',
    advice: 'Repeat after `Retry-After`.',
  },
  CONNECTION_BLOCKED: {
    status: 503,
    title: 'The broker takes no messages at present',
    advice: 'It is short of memory or disk. Nothing was queued. Repeat after `Retry-After`.',
  },
  CHANNEL_CLOSED: { status: 503, title: 'The channel was closed', advice: 'Repeat after `Retry-After`.' },
  PUBLISH_NACKED: {
    status: 503,
    title: 'The broker refused the message',
    advice: 'A full queue, or an internal error of the broker. Nothing was queued. Repeat later.',
  },
  PUBLISHER_SATURATED: {
    status: 503,
    title: 'Too many publishes await their confirm',
    advice: 'Nothing was queued. Repeat after `Retry-After`.',
  },
  NO_WORKER_REPLIED: {
    status: 503,
    title: 'No worker replied',
    advice: 'None is online, or none answered in time.',
  },
  PUBLISH_UNKNOWN: {
    status: 504,
    title: 'It is not known whether the message was queued',
    advice:
      'It was written, then the link died or the deadline passed. Repeat with the same `task_id`: a worker tells duplicates by it.',
  },
  RESULT_UNSUPPORTED: {
    status: 501,
    title: 'The result backend cannot do this',
    advice: 'Groups are saved with redis:// only, as in Celery.',
  },
  RESULT_TIMEOUT: { status: 504, title: 'The result did not arrive in time', advice: 'Ask again later.' },
};
