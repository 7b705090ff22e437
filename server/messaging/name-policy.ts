import { inputError } from '../errors';

/** Letters, digits and the marks that queue names have in practice; no white space, no control, no wildcard. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:@/-]{0,254}$/;

/** Names that belong to the broker, to Celery's control and events, to reply queues, or to the gateway itself. */
const INTERNAL: readonly RegExp[] = [
  /^amq\./,
  /(^|\.)pidbox$/,
  /^celeryev(\.|$)/,
  /(^|\.)reply(\.|$)/,
  /^celery_delayed_/,
  /^celery-gateway\./,
  // Celery's rpc:// reply queues are named by a UUID alone.
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
];

/** Globs are turned into anchored patterns once; users never supply them. */
function compiled(glob: string): RegExp {
  const escaped = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

/** Which queue and exchange names may be used over HTTP. */
export class NamePolicy {
  private readonly allowed: readonly RegExp[];
  private readonly internal: ReadonlySet<string>;

  /**
   * @param allowedQueues globs; empty allows all that are not internal.
   * @param internalNames further names that are never allowed: the streams as configured.
   */
  constructor(allowedQueues: readonly string[], internalNames: readonly string[] = []) {
    this.allowed = allowedQueues.map(compiled);
    this.internal = new Set(internalNames);
  }

  /** @throws GatewayError NAME_NOT_ALLOWED. */
  checkQueue(name: string, pointer: string): void {
    this.check(name, pointer);
    if (this.allowed.length > 0 && !this.allowed.some((pattern) => pattern.test(name))) {
      throw refusal(pointer, 'is not among the allowed queues');
    }
  }

  /** @throws GatewayError NAME_NOT_ALLOWED. The default exchange (empty name) is judged by its queue. */
  checkExchange(name: string, pointer: string): void {
    if (name !== '') this.check(name, pointer);
  }

  private check(name: string, pointer: string): void {
    if (!NAME.test(name)) throw refusal(pointer, 'is not an acceptable name');
    if (this.internal.has(name) || INTERNAL.some((pattern) => pattern.test(name))) {
      throw refusal(pointer, 'is an internal name');
    }
  }
}

function refusal(pointer: string, detail: string): Error {
  return inputError('NAME_NOT_ALLOWED', 'The name is not allowed.', [{ pointer, detail }]);
}
