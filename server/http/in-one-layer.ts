import type { Handler } from './request-context';

/**
 * Several handlers as one. Each layer that every request passes costs a match, a path cut and its closures in the router; what
 * stands before all routes need not pay that more than once.
 */
export function inOneLayer(handlers: readonly Handler[]): Handler {
  return (req, res, next) => {
    let at = 0;
    const step = (error?: unknown): void => {
      const handler = handlers[at];
      at += 1;
      if (error !== undefined || handler === undefined) next(error);
      else void handler(req, res, step);
    };
    step();
  };
}
