import type { Options } from 'amqplib';
import { type BrokerUrlParts, parseBrokerUrl } from './broker-url';
import { ConnectionError } from './errors';

/** In what order `length` things are tried: a shuffle, so that processes spread over the nodes of a cluster. */
const shuffle = <T>(items: readonly T[], random: () => number): T[] => {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
};

/** The brokers of a cluster in the order they are tried, and the one whose turn it is. */
export class BrokerRotation {
  readonly #brokers: readonly BrokerUrlParts[];
  #turn = 0;

  /** @throws ConnectionError when there is no URL or one is not usable */
  constructor(urls: readonly string[], random: () => number) {
    if (urls.length === 0) throw new ConnectionError('BROKER_UNREACHABLE', 'No broker URL is given');
    this.#brokers = shuffle(urls.map(parseBrokerUrl), random);
  }

  get size(): number {
    return this.#brokers.length;
  }

  get current(): BrokerUrlParts {
    return this.#brokers[this.#turn % this.#brokers.length] as BrokerUrlParts;
  }

  /** The current broker failed: the next one's turn. */
  advance(): void {
    this.#turn += 1;
  }
}

/**
 * The URL object amqplib reads afresh at each attempt of its recovery: getters, so each attempt goes to the broker whose
 * turn it is. The vhost is encoded since amqplib unescapes it whatever it was given.
 */
export const connectTarget = (rotation: BrokerRotation, heartbeatSeconds: number): Options.Connect => ({
  get protocol() {
    return rotation.current.tls ? 'amqps' : 'amqp';
  },
  get hostname() {
    return rotation.current.host;
  },
  get port() {
    return rotation.current.port;
  },
  get username() {
    return rotation.current.username;
  },
  get password() {
    return rotation.current.password;
  },
  get vhost() {
    return encodeURIComponent(rotation.current.vhost);
  },
  heartbeat: heartbeatSeconds,
});
