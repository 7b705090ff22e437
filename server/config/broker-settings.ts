import { checkedBrokerUrl } from '../../amqp';
import { resultBackendKind } from '../../celery';
import { choice, flag, integer, list, optionalSecret, optionalText, secret, text } from '../../runtime';

/** Several URLs have `;` between them in Celery's settings; a cluster's list often has `,`. */
function brokerUrlItem(item: string): string {
  try {
    return checkedBrokerUrl(item);
  } catch {
    throw new Error('must be amqp:// or amqps:// URLs');
  }
}

const urlList = (description: string, example?: string) =>
  list<string>({
    description,
    separators: /[;,]/,
    form: 'URLs, separated by ; or ,',
    item: brokerUrlItem,
    secret: true,
    ...(example === undefined ? {} : { example }),
  });

/** How RabbitMQ is reached, and how publishes are bounded. */
export const brokerSettings = {
  RABBITMQ_ENABLED: flag({
    default: false,
    description: 'Connects to RabbitMQ. While false the messaging routes answer 503 MESSAGING_DISABLED.',
    example: 'true',
  }),
  RABBITMQ_MANAGEMENT_ENABLED: flag({
    default: false,
    description: 'Adds the queue and message routes. They need an admin key.',
    example: 'true',
  }),
  RABBITMQ_HOST: text({ default: '127.0.0.1', description: 'Host of the broker.' }),
  RABBITMQ_PORT: integer({ default: 5672, min: 1, max: 65535, description: 'AMQP port of the broker.' }),
  RABBITMQ_USERNAME: text({ default: 'guest', description: 'Broker user.', alias: 'RABBITMQ_USER' }),
  RABBITMQ_PASSWORD: secret({ default: 'guest', description: 'Password of the broker user.' }),
  RABBITMQ_VHOST: text({ default: '/', description: 'Virtual host, as it is (not percent-encoded).' }),
  RABBITMQ_URL: urlList('Broker URL; several are nodes of one cluster. Wins over the RABBITMQ_* parts.'),
  CELERY_BROKER_URL: urlList('Broker URL as Celery knows it. Wins over RABBITMQ_URL and the parts.'),
  GATEWAY_BROKERS_FILE: optionalText({
    description:
      'JSON file of further brokers or virtual hosts, by name: {"eu": {"CELERY_BROKER_URL": "amqp://..."}}, served below /brokers/eu. Each may have settings of its own, and keys: ids of the keys that may use it.',
  }),
  RABBITMQ_MANAGEMENT_PORT: integer({
    default: 15672,
    min: 1,
    max: 65535,
    description:
      "Port of RabbitMQ's management API, with RABBITMQ_MANAGEMENT_HOST; docker-compose publishes the page on it.",
  }),
  RABBITMQ_TLS: flag({ default: false, description: 'Uses amqps when the URL is built from the parts.' }),
  RABBITMQ_TLS_CA_FILE: optionalText({
    description: "PEM file of the certificate authority that signed the broker's certificate.",
  }),
  RABBITMQ_TLS_CERT_FILE: optionalText({ description: 'PEM file of the client certificate.' }),
  RABBITMQ_TLS_KEY_FILE: optionalText({ description: 'PEM file of the client key.' }),
  RABBITMQ_TLS_KEY_PASSPHRASE: optionalSecret({ description: 'Passphrase of the client key.' }),
  RABBITMQ_HEARTBEAT_SECONDS: integer({
    default: 10,
    min: 1,
    max: 600,
    description: 'Heartbeat; a dead link is noticed after about two of them. Below 5 brings false alarms.',
  }),
  RABBITMQ_CONNECT_TIMEOUT_MS: integer({
    default: 5000,
    min: 100,
    max: 60_000,
    description: 'How long one connection attempt may take before the next URL is tried.',
  }),
  RABBITMQ_BACKOFF_INITIAL_MS: integer({
    default: 200,
    min: 10,
    max: 60_000,
    description: 'First wait between connection attempts; doubles, with full jitter.',
  }),
  RABBITMQ_BACKOFF_MAX_MS: integer({
    default: 10_000,
    min: 100,
    max: 600_000,
    description: 'Longest wait between connection attempts.',
  }),
  PUBLISHER_CHANNELS: integer({
    default: 2,
    min: 1,
    max: 64,
    description: 'Confirm channels that publishes are spread over.',
  }),
  PUBLISHER_MAX_IN_FLIGHT: integer({
    default: 2000,
    min: 1,
    max: 65_535,
    description: 'Publishes awaiting their confirm; one more is refused with 503 PUBLISHER_SATURATED.',
  }),
  PUBLISHER_MAX_IN_FLIGHT_BYTES: integer({
    default: 32 * 1024 * 1024,
    min: 1024,
    max: 1024 * 1024 * 1024,
    description: 'Bytes of the publishes awaiting their confirm.',
  }),
  PUBLISHER_DEADLINE_MS: integer({
    default: 5000,
    min: 10,
    max: 60_000,
    description:
      'How long a submission may take, its look at the queue and the confirm together. Then nothing was queued (503), or it is unknown (504 PUBLISH_UNKNOWN).',
  }),
  PUBLISHER_QUEUE_CHECK_INTERVAL_MS: integer({
    default: 3000,
    min: 100,
    max: 600_000,
    description: 'How often the existence of a queue in use is checked again.',
  }),
  RABBITMQ_TLS_SERVER_NAME: optionalText({
    description: "Name to verify in the broker's certificate, when it is not the host.",
  }),
} as const;

/** What Celery itself would be told. */
export const celerySettings = {
  CELERY_RESULT_BACKEND: secret({
    default: 'rpc://',
    problem: (url) =>
      resultBackendKind(url) === undefined
        ? 'must be rpc://, redis://..., rediss://... or disabled://'
        : undefined,
    description: 'rpc:// (results over RabbitMQ), redis://..., rediss://... or disabled://.',
  }),
  CELERY_TASK_SERIALIZER: choice(['json', 'msgpack', 'yaml'], {
    default: 'json',
    description: 'Serializer of task messages unless the submission names one.',
  }),
  CELERY_RESULT_SERIALIZER: choice(['json', 'msgpack', 'yaml'], {
    default: 'json',
    description: 'Serializer of results written by this side; all three are always read.',
  }),
  CELERY_RESULT_EXPIRES: integer({
    default: 86_400,
    min: 1,
    max: 31_536_000,
    description: 'How long results are kept, in seconds.',
  }),
  CELERY_TASK_DEFAULT_QUEUE: text({
    default: 'celery',
    description: 'Queue of tasks that no route sends elsewhere.',
  }),
  CELERY_TASK_ROUTES: list<{ readonly pattern: string; readonly queue: string }>({
    description: 'Routes as pattern=queue, the first match wins; a pattern may hold *.',
    separators: /[;,]/,
    form: 'pattern=queue, separated by ; or ,',
    item: (item) => {
      const at = item.lastIndexOf('=');
      if (at < 1 || at === item.length - 1) throw new Error('holds a route that is not pattern=queue');
      return { pattern: item.slice(0, at).trim(), queue: item.slice(at + 1).trim() };
    },
  }),
  CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE: choice(['classic', 'quorum'], {
    default: 'quorum',
    description: 'Type of the queues in which delayed tasks wait in the broker; tasks for quorum queues do.',
  }),
  CELERY_TASK_CREATE_MISSING_QUEUES: flag({
    default: true,
    description:
      'Declares a missing queue as Celery would; otherwise the submission answers 404 QUEUE_NOT_FOUND.',
  }),
} as const;
