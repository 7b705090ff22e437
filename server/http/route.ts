import type { Request } from 'express';
import type { Role } from '../security/api-key';
import type { GatewayResponse } from './request-context';

/** A route as a value: one table says what it needs, and one place applies it. */
export interface RouteDefinition {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  /** Least role a key must have; `null` needs no key. */
  readonly role: Role | null;
  /** Whose rate limit it counts against. */
  readonly bucket: 'tasks' | 'admin' | 'none';
  /** Whether it reads a JSON body. */
  readonly body: boolean;
  /** Whether it is refused while the gateway stops. */
  readonly startsWork: boolean;
  readonly handle: (req: Request, res: GatewayResponse) => void | Promise<void>;
}

/** A path parameter that the path is known to have. */
export function pathParameter(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
}
