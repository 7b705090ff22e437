import { GatewayError } from '../errors';
import type { Handler } from '../http/request-context';
import { GlobSet } from '../security/glob-set';
import type { Principal } from '../security/principal';

/** Which keys may use a broker. @param keys ids or globs with `*`; undefined: all. */
export function brokerKeys(
  keys: readonly string[] | undefined,
): (principal: Principal | undefined) => boolean {
  if (keys === undefined) return () => true;
  const allowed = new GlobSet(keys);
  return (principal) => principal !== undefined && allowed.has(principal.id);
}

/** After the key was verified: refuses those that are not for this broker. */
export function onlyKeys(mayUse: (principal: Principal | undefined) => boolean): Handler {
  return (_req, res, next) => {
    const allowed = mayUse(res.locals.principal);
    next(allowed ? undefined : new GatewayError('FORBIDDEN', 'This key is not for this broker.'));
  };
}
