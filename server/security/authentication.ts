import type { Request } from 'express';
import { GatewayError } from '../errors';
import type { Handler } from '../http/request-context';
import type { ApiKeys } from './api-key';
import { permits, type Scope } from './scopes';

const BEARER = /^Bearer +([^\s]+)$/i;

function keyOf(req: Request): string | undefined {
  const { authorization } = req.headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1];
  const given = req.headers['x-api-key'];
  return typeof given === 'string' ? given : undefined;
}

/**
 * Lets a request pass whose key has the scope. A refused key counts against `failedAuth`, which answers 429 when one
 * address tries too many.
 */
export function authentication(
  keys: Pick<ApiKeys, 'verify'>,
  failedAuth: Handler,
): (scope: Scope) => Handler {
  return (scope) => (req, res, next) => {
    const key = keyOf(req);
    const principal = key === undefined ? undefined : keys.verify(key);
    if (principal === undefined) {
      void failedAuth(req, res, (limited?: unknown) => {
        next(limited ?? new GatewayError('UNAUTHENTICATED', 'The API key is missing or not valid.'));
      });
      return;
    }
    res.locals.principal = principal;
    if (permits(principal.role, scope)) next();
    else next(new GatewayError('FORBIDDEN', `This needs a key with the scope ${scope}.`));
  };
}
