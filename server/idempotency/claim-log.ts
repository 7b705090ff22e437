import { randomUUID } from 'node:crypto';
import type { AmqpConnection, ConfirmPublisher } from '../../amqp';
import { BoundedIndex, type LogEntry, type LogTopology, StreamLog } from '../../celery/streams';
import type { Clock, Lifecycle, Logger } from '../../runtime';
import { GatewayError } from '../errors';
import { type Claim, type ClaimRecord, claimAfter, readClaimRecord } from './claim';
import { readAtOffset } from './read-at-offset';

export interface ClaimLogDeps {
  readonly connection: AmqpConnection;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly topology: LogTopology;
  readonly streamName: string;
  /** How long the stream keeps what is written to it: no claim may last longer. */
  readonly maxAgeSeconds: number;
  readonly maxEntries: number;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly logger: Logger;
}

/** What is claimed. */
export interface ClaimRequest {
  readonly fingerprint: string;
  /** Until then, from now, the claim holds by itself; it is renewed while its holder lives. */
  readonly leaseMs: number;
  /** A holder that may be put aside: what it did is over. */
  readonly replaces?: string | undefined;
}

/** A claim that was won: nobody else does this work until it is settled or released. */
export interface HeldClaim {
  /** The work is done; `value` is what a repetition is told for `forMs`. Resolves when it is durable. */
  settle(value: string, forMs: number): Promise<void>;
  /** The work was not done: the key is free. */
  release(): Promise<void>;
}

export type ClaimOutcome =
  | { readonly won: true; readonly held: HeldClaim }
  | { readonly won: false; readonly claim: Claim };

export type Claims = Pick<ClaimLog, 'claim' | 'valueOf' | 'changed'>;

/** How long the stream may take to bring a record back. */
const ECHO_DEADLINE_MS = 5000;
/** How often a claim is made again that was refused for one given up in the same moment. */
const MOST_CLAIMS = 5;
const TYPE = 'celery-gateway.claim';

/**
 * Agreement between gateways without anything but a RabbitMQ stream: each claim is appended to it, and as the stream has one
 * order, the first claim of a key has won for everybody who reads it. A gateway knows who won when its own record has come
 * back: by then it has read all that was written before. See docs/adr/0074.
 */
export class ClaimLog implements Lifecycle {
  private readonly log: StreamLog;
  private readonly claims: BoundedIndex<string, Claim>;
  /** Claims that were sent and have not come back, by holder. */
  private readonly awaited = new Map<string, () => void>();
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly renewals = new Map<
    string,
    { readonly key: string; readonly leaseMs: number; at: number }
  >();
  private renewing: NodeJS.Timeout | undefined;

  constructor(private readonly deps: ClaimLogDeps) {
    const { connection, topology, streamName, maxAgeSeconds, logger } = deps;
    this.claims = new BoundedIndex(deps.maxEntries);
    this.log = new StreamLog({
      connection,
      topology,
      streamName,
      maxAgeSeconds,
      onEntry: (entry) => this.onEntry(entry),
      logger,
    });
  }

  async start(): Promise<void> {
    this.renewing ??= setInterval(() => this.renew(), 250).unref();
    await this.log.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.renewing);
    this.renewing = undefined;
    await this.log.stop();
  }

  /**
   * Wins the key, or tells who has it. Resolves when the stream has decided.
   * @throws GatewayError IDEMPOTENCY_UNAVAILABLE; nothing is claimed then, or until the lease is over.
   */
  async claim(key: string, { fingerprint, leaseMs, replaces }: ClaimRequest): Promise<ClaimOutcome> {
    const known = this.claims.get(key);
    const now = this.deps.clock.now();
    if (known?.state === 'settled' && now < known.untilMs && known.holder !== replaces) {
      return { won: false, claim: known };
    }
    for (let left = MOST_CLAIMS; left > 0; left -= 1) {
      const holder = randomUUID();
      const at = this.deps.clock.now();
      await this.decided(holder, { kind: 'claim', key, holder, at, forMs: leaseMs, fingerprint, replaces });
      const claim = this.claims.get(key);
      // Who had it gave it up in the moment this one was refused: it is to be had again.
      if (claim === undefined) continue;
      if (claim.holder !== holder) return { won: false, claim };
      this.renewals.set(holder, { key, leaseMs, at: this.deps.clock.monotonic() });
      return { won: true, held: this.held(key, holder) };
    }
    throw unavailable('the claim was given up or pushed out by others each time', true);
  }

  /** What came of a settled claim. @throws RabbitMQError when it has to be read and cannot be. */
  async valueOf(claim: Claim): Promise<string> {
    if (claim.value !== undefined) return claim.value;
    const { connection, streamName, logger } = this.deps;
    const content = await readAtOffset({ connection, queue: streamName, offset: claim.offset ?? 0, logger });
    const record = readClaimRecord(content);
    if (record?.kind !== 'settle' || record.holder !== claim.holder)
      throw unavailable('the answer is not kept any more');
    return record.value;
  }

  /** Resolves when the key's claim changes, or after `timeoutMs`. */
  changed(key: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const watchers = this.watchers.get(key) ?? new Set();
      this.watchers.set(key, watchers);
      const done = (): void => {
        clearTimeout(timer);
        watchers.delete(done);
        if (watchers.size === 0) this.watchers.delete(key);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      watchers.add(done);
    });
  }

  private held(key: string, holder: string): HeldClaim {
    const end = (record: ClaimRecord): Promise<void> => {
      this.renewals.delete(holder);
      return this.append(record);
    };
    const at = (): number => this.deps.clock.now();
    return {
      settle: (value, forMs) => end({ kind: 'settle', key, holder, at: at(), forMs, value }),
      release: () => end({ kind: 'release', key, holder, at: at() }),
    };
  }

  private async decided(holder: string, record: ClaimRecord): Promise<void> {
    const { status } = this.log;
    // Not ready and `none` is "not asked yet"; the publish will tell.
    if (status.kind === 'none')
      throw unavailable(status.detail ?? 'the broker has no streams', !status.ready);
    let giveUp: NodeJS.Timeout | undefined;
    const decided = new Promise<boolean>((resolve) => {
      this.awaited.set(holder, () => resolve(true));
      giveUp = setTimeout(() => resolve(false), ECHO_DEADLINE_MS);
    });
    try {
      await this.append(record).catch((cause: unknown) => {
        throw unavailable('the claim could not be written', true, cause);
      });
      if (!(await decided)) throw unavailable('the claim was not read back in time', true);
    } finally {
      clearTimeout(giveUp);
      this.awaited.delete(holder);
    }
  }

  private append(record: ClaimRecord): Promise<void> {
    return this.deps.publisher.publish({
      exchange: '',
      routingKey: this.deps.streamName,
      content: Buffer.from(JSON.stringify(record)),
      properties: { type: TYPE, contentType: 'application/json', deliveryMode: 2 },
    });
  }

  private onEntry({ delivery }: LogEntry): void {
    if (delivery.properties.type !== TYPE) return;
    const record = readClaimRecord(delivery.content);
    if (record === undefined) return;
    const offset = delivery.headers['x-stream-offset'];
    const current = this.claims.get(record.key);
    const next = claimAfter(current, record, typeof offset === 'number' ? offset : undefined);
    if (next === undefined) this.claims.delete(record.key);
    else if (next !== current) this.claims.set(record.key, next);
    this.dropExpired();
    this.awaited.get(record.holder)?.();
    for (const notify of this.watchers.get(record.key) ?? []) notify();
  }

  private dropExpired(): void {
    const oldest = this.claims.oldest();
    if (oldest !== undefined && oldest.untilMs < this.deps.clock.now()) this.claims.dropOldest();
  }

  private renew(): void {
    // By the clock that never jumps: a wall clock put back would have a lease that is held run out.
    const [now, at] = [this.deps.clock.monotonic(), this.deps.clock.now()];
    for (const [holder, renewal] of this.renewals) {
      const { key, leaseMs } = renewal;
      if (now - renewal.at < leaseMs / 3) continue;
      renewal.at = now;
      this.append({ kind: 'renew', key, holder, at, forMs: leaseMs }).catch((error: unknown) =>
        this.deps.logger.warn('a claim could not be renewed', { error }),
      );
    }
  }
}

function unavailable(detail: string, retryable = false, cause?: unknown): GatewayError {
  return new GatewayError('IDEMPOTENCY_UNAVAILABLE', `Idempotency cannot be promised: ${detail}.`, {
    retryable,
    cause,
  });
}
