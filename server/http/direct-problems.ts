import type { ProblemCode } from '../errors';
import type { ProblemKind } from './problem-kind';

/** Problems of working queues and messages directly; a part of the problem table. */
export const DIRECT_PROBLEMS = {
  MESSAGE_NOT_FOUND: {
    status: 404,
    title: 'No such message waits in the queue',
    advice: 'It was taken, or it lies deeper than was looked. Messages held by a consumer cannot be seen.',
  },
  OPERATION_NOT_FOUND: {
    status: 404,
    title: 'The operation is not known',
    advice:
      'Operations are remembered by the gateway process that ran them, for OPERATIONS_KEEP_SECONDS after their end.',
  },
  POLICY_NOT_FOUND: { status: 404, title: 'The policy does not exist', advice: 'List the policies.' },
  CONNECTION_NOT_FOUND: {
    status: 404,
    title: 'There is no such connection',
    advice: 'List the connections; of those of other virtual hosts nothing is told.',
  },
  OPERATION_CONFLICT: {
    status: 409,
    title: 'Another operation goes through this queue',
    advice: 'Wait for it, or cancel it: `detail` has its id.',
  },
  QUEUE_TYPE_UNSUPPORTED: {
    status: 422,
    title: 'The type of the queue does not allow this',
    advice:
      'Nothing can be taken from a stream: read it with a consumer. Nor is it deleted on conditions: delete it without.',
  },
  COMMAND_INVALID: {
    status: 422,
    title: 'RabbitMQ does not do this',
    advice:
      'A type, an argument or a setting this broker does not know; `detail` has its words. Over AMQP it ends the connection the command came on, which is one for such commands alone.',
  },
  QUEUE_SETTLING: {
    status: 503,
    title: 'The queue was declared a moment ago',
    advice:
      'A quorum queue that is seconds old loses what it confirmed if its broker is killed. Nothing was queued. Repeat after `Retry-After`.',
  },
  OPERATIONS_SATURATED: {
    status: 503,
    title: 'Too many operations are running',
    advice: 'Wait for one to end, or raise OPERATIONS_MAX_RUNNING.',
  },
  MANAGEMENT_NOT_CONFIGURED: {
    status: 501,
    title: "This needs RabbitMQ's management API",
    advice: 'AMQP alone cannot tell or do it. Set RABBITMQ_MANAGEMENT_URL.',
  },
  MANAGEMENT_FAILED: {
    status: 503,
    title: "RabbitMQ's management API did not do it",
    advice: 'It cannot be reached, refused the credentials, or failed. `detail` says which.',
  },
  REPLY_TIMEOUT: {
    status: 504,
    title: 'No reply came in time',
    advice:
      'The request was queued and may still be served; its reply will be dropped. Repeat only what may be done twice.',
  },
} as const satisfies Readonly<Partial<Record<ProblemCode, ProblemKind>>>;
