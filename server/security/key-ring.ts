import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../runtime';
import { keyedHash, sha256 } from './key-hash';
import { type KeyText, parseKeyText } from './key-text';
import { type Principal, principalOf } from './principal';
import { MAX_SECRETS, type StoredKey, type StoredSecret } from './stored-key';

interface Known {
  readonly key: StoredKey;
  readonly principal: Principal;
  readonly secrets: readonly (StoredSecret & { readonly digest: Buffer })[];
}

/** A key text that was verified: good until then, unless the keys are loaded anew. */
interface Verified {
  readonly known: Known;
  readonly until: number;
}

export interface KeyRingOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Verified keys remembered, by digest. Default 10,000. */
  readonly maxVerified?: number | undefined;
}

const MAX_VERIFIED = 10_000;

const soonest = (...times: readonly (number | undefined)[]): number =>
  Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));

/**
 * The keys that are known; holds digests only. A key is verified once and then found again by the SHA-256 of its text, so
 * that requests pay one hash and one lookup. Only keys that are right are remembered: wrong ones could push them out.
 */
export class KeyRing {
  private byId: ReadonlyMap<string, Known> = new Map();
  private readonly verified = new Map<string, Verified>();
  private readonly lastUsed = new Map<string, number>();
  /** What an unknown id is compared with, so that it costs the same as a wrong secret. */
  private readonly nobody = randomBytes(32);
  /** Without keyed hashes nothing can match one; the work is done all the same. */
  private pepper = randomBytes(32).toString('hex');
  private readonly maxVerified: number;

  constructor(private readonly options: KeyRingOptions) {
    this.maxVerified = options.maxVerified ?? MAX_VERIFIED;
  }

  /**
   * Takes the place of all keys known so far; of two with one id the later counts.
   * @param pepper key of the keyed hashes; undefined where there are none.
   */
  load(keys: readonly StoredKey[], pepper?: string): void {
    this.pepper = pepper ?? this.pepper;
    const known = (key: StoredKey): Known => ({
      key,
      principal: principalOf(key),
      secrets: key.secrets.map((secret) => ({ ...secret, digest: Buffer.from(secret.hash, 'hex') })),
    });
    this.byId = new Map(keys.map((key) => [key.id, known(key)]));
    this.verified.clear();
  }

  get keys(): readonly StoredKey[] {
    return [...this.byId.values()].map(({ key }) => key);
  }

  /** Epoch milliseconds of the last request with a key, by id; since the start of this process. */
  get uses(): ReadonlyMap<string, number> {
    return this.lastUsed;
  }

  /** Whom a key belongs to, or undefined; the time it takes does not tell which part was wrong. */
  verify(text: string): Principal | undefined {
    const now = this.options.clock.now();
    const name = sha256(text).toString('latin1');
    const remembered = this.verified.get(name);
    const found =
      remembered !== undefined && now < remembered.until ? remembered : this.compare(text, name, now);
    if (found === undefined) return undefined;
    this.lastUsed.set(found.known.key.id, now);
    return found.known.principal;
  }

  private compare(text: string, name: string, now: number): Verified | undefined {
    const given = parseKeyText(text);
    const known = this.byId.get(given?.id ?? '');
    const secret = this.matching(text, given, known, now);
    if (known === undefined || secret === undefined || !isInForce(known.key, now)) return undefined;
    const found = { known, until: soonest(known.key.expiresAt, known.key.revokedAt, secret.expiresAt) };
    // The oldest goes first: a Map keeps the order of insertion.
    if (this.verified.size >= this.maxVerified) this.verified.delete(this.verified.keys().next().value ?? '');
    this.verified.set(name, found);
    return found;
  }

  /** Both digests and as many comparisons as a key can have secrets, whatever was given. */
  private matching(
    text: string,
    given: KeyText | undefined,
    known: Known | undefined,
    now: number,
  ): StoredSecret | undefined {
    const digests = { 'hmac-sha256': keyedHash(this.pepper, text), sha256: sha256(given?.secret ?? text) };
    let found: StoredSecret | undefined;
    for (let index = 0; index < MAX_SECRETS; index += 1) {
      const secret = known?.secrets[index];
      const equal = timingSafeEqual(
        digests[secret?.algorithm ?? 'hmac-sha256'],
        secret?.digest ?? this.nobody,
      );
      if (equal && secret !== undefined && now < soonest(secret.expiresAt)) found = secret;
    }
    // The first form was hashed without its id, which therefore has to be that form's own.
    const sameForm = (found?.algorithm === 'sha256') === (given?.environment === undefined);
    return sameForm ? found : undefined;
  }
}

function isInForce({ notBefore = 0, expiresAt, revokedAt }: StoredKey, now: number): boolean {
  return now >= notBefore && now < soonest(expiresAt, revokedAt);
}
