import { integer, list, optionalText } from '../../runtime';
import { parseApiKeyLine } from '../security/api-key';

/** Who may call, how often, and what a submission may name. */
export const securitySettings = {
  GATEWAY_API_KEYS: list({
    description: 'API keys as id:role:sha256, made by "main.js create-key". Roles: reader, submitter, admin.',
    separators: /[;,\s]+/,
    form: 'id:role:sha256, separated by , ; or spaces',
    item: parseApiKeyLine,
    secret: true,
  }),
  GATEWAY_API_KEYS_FILE: optionalText({
    description: 'JSON file of further keys: [{"id", "role", "hash"}]. Keep it mode 0600.',
  }),
  RATE_LIMIT_WINDOW_SECONDS: integer({
    default: 60,
    min: 1,
    max: 86_400,
    description: 'Window of all rate limits.',
  }),
  RATE_LIMIT_REQUESTS: integer({
    default: 60_000,
    min: 0,
    max: 1_000_000_000,
    description: 'Requests per window and API key on the task routes; 0 means no limit.',
  }),
  RATE_LIMIT_ADMIN_REQUESTS: integer({
    default: 120,
    min: 0,
    max: 1_000_000_000,
    description: 'Requests per window and API key on the queue and message routes; 0 means no limit.',
  }),
  RATE_LIMIT_FAILED_AUTH: integer({
    default: 20,
    min: 0,
    max: 1_000_000_000,
    description: 'Refused keys per window and address before it is answered 429; 0 means no limit.',
  }),
  GATEWAY_ALLOWED_QUEUES: list<string>({
    description:
      'Queues that may be named over HTTP, as names or globs with *; all when empty. Internal ones never.',
    separators: /[;,\s]+/,
    form: 'names or globs, separated by , ; or spaces',
    item: (item) => item,
  }),
  GATEWAY_CELERY_QUEUES: list<string>({
    description:
      'Further queues that Celery workers consume: raw messages to them must be task messages a worker can read. The default queue, routed queues and those submitted to count anyway.',
    separators: /[;,\s]+/,
    form: 'names, separated by , ; or spaces',
    item: (item) => item,
  }),
} as const;
