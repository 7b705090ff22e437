import type { Request } from 'express';
import { GatewayError } from '../errors';
import type { Handler } from '../http/request-context';
import type { Principal } from './principal';
import type { Scope } from './scopes';

const BEARER = /^Bearer +([^\s]+)$/i;

function keyOf(req: Request): string | undefined {
  const { authorization } = req.headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1];
  const given = req.headers['x-api-key'];
  return typeof given === 'string' ? given : undefined;
}

/** Tells whose credential a text is; a promise only where that has to be asked of somebody. */
export interface Verifier {
  verify(credential: string): Principal | undefined | Promise<Principal | undefined>;
}

/**
 * Lets a request pass whose key has the scope. A refused key counts against `failedAuth`, which answers 429 when one
 * address tries too many. Keys are verified without a turn of the event loop, as are tokens seen before.
 */
export function authentication(verifier: Verifier, failedAuth: Handler): (scope: Scope) => Handler {
  return (scope) => (req, res, next) => {
    const admit = (principal: Principal | undefined): void => {
      if (principal === undefined) {
        void failedAuth(req, res, (limited?: unknown) => {
          next(limited ?? new GatewayError('UNAUTHENTICATED', 'The API key is missing or not valid.'));
        });
        return;
      }
      res.locals.principal = principal;
      if (principal.scopes.has(scope)) next();
      else next(new GatewayError('FORBIDDEN', `This needs a key with the scope ${scope}.`));
    };
    const key = keyOf(req);
    const found = key === undefined ? undefined : verifier.verify(key);
    if (found instanceof Promise) found.then(admit, next);
    else admit(found);
  };
}
