import { flag, integer, list, optionalSecret, optionalText, text } from '../../runtime';
import { parseApiKeyLine } from '../security/api-key';
import { REDIS_KEYS_NAME } from '../security/key-storage';

function maskPattern(item: string): RegExp {
  try {
    return new RegExp(item, 'g');
  } catch {
    throw new Error('holds a text that is no regular expression');
  }
}

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
    description:
      'JSON file of further keys, made and changed by scripts/keys and POST /rabbitmq/keys. Mode 0600; read anew when it changes.',
  }),
  GATEWAY_API_KEYS_REDIS_URL: optionalSecret({
    description:
      'Redis that keeps further keys in place of a file, for all gateways alike. Needs GATEWAY_KEY_PEPPER; must not evict keys.',
  }),
  GATEWAY_API_KEYS_REDIS_NAME: text({
    default: REDIS_KEYS_NAME,
    description: 'Name of the Redis hash that has the keys.',
  }),
  GATEWAY_KEY_PEPPER: optionalSecret({
    description:
      'Key of the keyed hashes in the key file or in Redis, the same for all gateways that share them. When empty: the .pepper file beside the key file, made with the first key.',
  }),
  GATEWAY_KEYS_RELOAD_INTERVAL_MS: integer({
    default: 2000,
    min: 100,
    max: 5000,
    description:
      'How often a change of the keys in the file or in Redis is looked for: a revoked key is refused after this.',
  }),
  GATEWAY_JWT_JWKS_URL: optionalText({
    description:
      'Where the public keys of a token issuer are (OIDC jwks_uri): its JSON Web Tokens are then taken in place of API keys.',
    pattern: /^https?:\/\//,
  }),
  GATEWAY_JWT_ISSUER: optionalText({ description: 'The iss that tokens must have; needed with the above.' }),
  GATEWAY_JWT_AUDIENCE: optionalText({
    description: 'The aud that tokens must have; needed with the above.',
  }),
  GATEWAY_JWT_SCOPES_CLAIM: text({
    default: 'scope',
    description:
      "Claim with the scopes of a token, as keys have them; role:admin and the like give a role's.",
  }),
  GATEWAY_JWT_TENANT_CLAIM: optionalText({
    description: 'Claim with the tenant; tokens without one are then refused.',
  }),
  RATE_LIMIT_WINDOW_SECONDS: integer({
    default: 60,
    min: 1,
    max: 86_400,
    description: 'Window of all rate limits.',
  }),
  RATE_LIMIT_READS: integer({
    default: 60_000,
    min: 0,
    max: 1_000_000_000,
    alias: 'RATE_LIMIT_REQUESTS',
    description: 'Reads per window and API key; 0 means no limit.',
  }),
  RATE_LIMIT_SUBMITS: integer({
    default: 60_000,
    min: 0,
    max: 1_000_000_000,
    alias: 'RATE_LIMIT_REQUESTS',
    description: 'Submissions and revokes per window and API key; 0 means no limit.',
  }),
  RATE_LIMIT_ADMIN: integer({
    default: 120,
    min: 0,
    max: 1_000_000_000,
    alias: 'RATE_LIMIT_ADMIN_REQUESTS',
    description:
      'Requests per window and API key on the routes that work queues, messages, workers and keys; 0 means no limit.',
  }),
  RATE_LIMIT_FAILED_AUTH: integer({
    default: 20,
    min: 0,
    max: 1_000_000_000,
    description: 'Refused keys per window and address before it is answered 429; 0 means no limit.',
  }),
  RATE_LIMIT_REDIS_URL: optionalSecret({
    description:
      'Redis that counts for all replicas together; each counts for itself when empty, and while Redis does not answer.',
  }),
  GATEWAY_REQUIRE_CONFIRM: flag({
    default: false,
    description:
      'Calls that cannot be undone need ?confirm=<name>: purging, deleting queues and exchanges, discarding dead letters, shutting workers down. Without it they take one, and check it.',
  }),
  GATEWAY_AUDIT_FILE: optionalText({
    description:
      'File that the audit log is appended to, one for each gateway; it is checked with "main.js audit verify". When empty the records go to the log and into memory only.',
  }),
  GATEWAY_AUDIT_KEY: optionalSecret({
    description: 'Key of the hash chain. When empty: the .key file beside the audit file, made at first.',
  }),
  GATEWAY_AUDIT_MAX_ENTRIES: integer({
    default: 10_000,
    min: 10,
    max: 1_000_000,
    description: 'Audit records held in memory, which GET /rabbitmq/audit reads.',
  }),
  GATEWAY_AUDIT_EXCHANGE: optionalText({
    description:
      'Topic exchange that gets a copy of each audit record, under audit.<operation>; it has to exist.',
  }),
  GATEWAY_MASK_FIELDS: list<string>({
    description:
      'Members whose values are masked wherever something is shown, besides those named like password, secret, token, credential, api_key, private_key, authorization or cookie.',
    separators: /[;,\s]+/,
    form: 'names or globs, separated by , ; or spaces',
    item: (item) => item,
  }),
  GATEWAY_MASK_PATTERNS: list<RegExp>({
    description: 'Regular expressions of texts that are masked wherever something is shown.',
    separators: /;;/,
    form: 'regular expressions, separated by ;;',
    item: maskPattern,
  }),
  GATEWAY_MASK_RESULTS: flag({
    default: false,
    description: 'Masks results of tasks too; otherwise whoever may read a task gets its result as it is.',
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
