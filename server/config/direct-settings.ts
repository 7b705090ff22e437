import { integer, list, optionalSecret, optionalText } from '../../runtime';
import { type PartitionRoute, parsePartitionRoute } from '../queues/partition-route';

/** A URL that carries no path, query or fragment of its own, or the API's requests would go elsewhere. */
const HTTP_URL = /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/;

/** Working the broker directly: the management API, operations on queues, dead letters. */
export const directSettings = {
  RABBITMQ_MANAGEMENT_URL: optionalSecret({
    description:
      "RabbitMQ's management API, e.g. http://user:password@host:15672. Adds listings, rates and policies; without credentials those of the broker are used.",
  }),
  RABBITMQ_MANAGEMENT_HOST: optionalText({
    description: 'Host of the management API, where no RABBITMQ_MANAGEMENT_URL is set.',
  }),
  RABBITMQ_MANAGEMENT_TIMEOUT_MS: integer({
    default: 5000,
    min: 100,
    max: 60_000,
    description: 'How long one answer of the management API is waited for.',
  }),
  CELERY_TASK_PARTITIONS: list<PartitionRoute>({
    description:
      'Tasks spread over the parts of a partitioned queue: pattern=queue:partitions, and :argument for the keyword argument that is the key. The header partition_key wins; without either it is the task id.',
    separators: /[;,]/,
    form: 'pattern=queue:partitions[:argument], separated by ; or ,',
    item: parsePartitionRoute,
    example: 'orders.*=orders:4:customer',
  }),
  OPERATIONS_MAX_RUNNING: integer({
    default: 4,
    min: 1,
    max: 64,
    description: 'Long operations on queues at a time; one more is refused with 503 OPERATIONS_SATURATED.',
  }),
  OPERATIONS_KEEP_SECONDS: integer({
    default: 3600,
    min: 1,
    max: 604_800,
    description: 'How long an ended operation can still be asked for.',
  }),
  OPERATIONS_MAX_SCAN: integer({
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    description: 'Messages one operation looks at, at most. Those it leaves are held until its end.',
  }),
  MESSAGE_STREAMS_MAX: integer({
    default: 20,
    min: 1,
    max: 1000,
    description: 'Exchanges that may be followed at a time (GET /rabbitmq/messages/stream).',
  }),
  DEAD_LETTER_QUEUES: list<string>({
    description: 'Dead-letter queues to list and count besides those set up through the gateway.',
    separators: /[;,]/,
    form: 'names, separated by ; or ,',
    item: (item) => item,
  }),
  DEAD_LETTER_MAX_REPLAYS: integer({
    default: 5,
    min: 1,
    max: 1000,
    description:
      'A dead letter that was replayed so often is left where it is, unless the call says otherwise.',
  }),
} as const;

/** @throws Error without the URL in its message: it may hold a password. */
export function checkedManagementUrl(text: string): URL {
  if (!HTTP_URL.test(text) || !URL.canParse(text)) throw new Error('must be an http:// or https:// URL');
  return new URL(text);
}
