import { randomBytes } from 'node:crypto';

/** `ck_<environment>_<id>_<secret>`: told apart by secret scanners, and by people who find one in a log. */
const CURRENT = /^ck_([a-z0-9]{1,16})_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{43})$/;
/** `cgw_<id>_<secret>`: of the first release, stored as the plain SHA-256 of the secret. */
const FIRST = /^cgw_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{43})$/;
const ID = /^[A-Za-z0-9]{1,32}$/;
const ENVIRONMENT = /^[a-z0-9]{1,16}$/;

/** A key as a caller sends it, taken apart. */
export interface KeyText {
  readonly id: string;
  readonly secret: string;
  /** Undefined in keys of the first form. */
  readonly environment: string | undefined;
}

/** @returns undefined where the text is no key of either form. */
export function parseKeyText(text: string): KeyText | undefined {
  const current = CURRENT.exec(text);
  if (current !== null) {
    const [, environment, id = '', secret = ''] = current;
    return { id, secret, environment };
  }
  const [, id, secret] = FIRST.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret, environment: undefined };
}

export function isKeyId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text);
}

export function isKeyEnvironment(text: unknown): text is string {
  return typeof text === 'string' && ENVIRONMENT.test(text);
}

/** An id that nobody has yet, as far as 48 random bits can tell. */
export function newKeyId(): string {
  return randomBytes(6).toString('hex');
}

/** A key with 256 random bits: too many to guess, so a slow hash at rest would add nothing. */
export function newKeyText(environment: string, id: string): string {
  return `ck_${environment}_${id}_${randomBytes(32).toString('base64url')}`;
}
