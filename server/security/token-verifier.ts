import type { JWTPayload } from 'jose';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import { sha256 } from './key-hash';
import { type Principal, principalOf } from './principal';
import { isRole, isScope } from './scopes';
import { isTenant } from './stored-key';

export interface TokenClaims {
  /** Claim with the scopes: texts with spaces between, or a list. */
  readonly scopes: string;
  /** Claim with the tenant. Undefined: tokens have none. */
  readonly tenant: string | undefined;
}

export interface TokenVerifierOptions {
  /** Checks signature, issuer, audience and times. Rejects with an error whose name says which. */
  readonly check: (token: string) => Promise<JWTPayload>;
  readonly claims: TokenClaims;
  readonly clock: Pick<Clock, 'now'>;
}

/** `header.payload.signature`, the header beginning with `{"`. */
const TOKEN = /^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Subjects go into the log and into the audit log. */
const SUBJECT = /^[\x21-\x7e]{1,200}$/;
const ROLE = /^role:(.+)$/;
const MAX_VERIFIED = 10_000;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

/**
 * What a token grants: the scopes it names that are ours, and `role:<role>`; all else in it is not for us.
 * @returns undefined for a token that says not who, or not for which tenant where it must.
 */
export function tokenPrincipal(payload: JWTPayload, claims: TokenClaims): Principal | undefined {
  if (typeof payload.sub !== 'string' || !SUBJECT.test(payload.sub)) return undefined;
  const tenant = claims.tenant === undefined ? undefined : payload[claims.tenant];
  if (claims.tenant !== undefined && !isTenant(tenant)) return undefined;
  const names = namesIn(payload[claims.scopes]);
  return principalOf({
    id: `jwt:${payload.sub}`,
    role: names.map((name) => ROLE.exec(name)?.[1]).find(isRole),
    scopes: names.filter(isScope),
    tenant: tenant as string | undefined,
  });
}

/** A failure to reach the identity provider, as opposed to a token that does not hold. */
function isOutage(error: unknown): boolean {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  // `fetch` reports a network failure as a TypeError.
  return code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC' || name === 'TypeError';
}

/**
 * Verifies JSON Web Tokens, each once: until it expires it is then found by its digest, without waiting. A token cannot be
 * taken back before that; issue short ones.
 */
export class TokenVerifier {
  private readonly verified = new Map<string, { readonly principal: Principal; readonly until: number }>();

  constructor(private readonly options: TokenVerifierOptions) {}

  verify(token: string): Principal | undefined | Promise<Principal | undefined> {
    const name = sha256(token).toString('latin1');
    const known = this.verified.get(name);
    if (known !== undefined && this.options.clock.now() < known.until) return known.principal;
    return this.check(token, name);
  }

  private async check(token: string, name: string): Promise<Principal | undefined> {
    const payload = await this.options.check(token).catch((cause: unknown) => {
      if (!isOutage(cause)) return undefined;
      throw new GatewayError('IDENTITY_UNAVAILABLE', "The issuer's keys cannot be had.", { cause });
    });
    // Without an end it would be good for ever.
    if (payload?.exp === undefined) return undefined;
    const principal = tokenPrincipal(payload, this.options.claims);
    if (principal === undefined) return undefined;
    if (this.verified.size >= MAX_VERIFIED) this.verified.delete(this.verified.keys().next().value ?? '');
    this.verified.set(name, { principal, until: payload.exp * 1000 });
    return principal;
  }
}
