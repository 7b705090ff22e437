import type { Request } from 'express';
import type { GatewayResponse, Handler } from '../http/request-context';

/** Reads a body by the handlers that read it on other routes, for a route that decides by itself how to. */
export async function bodyOf(
  req: Request,
  res: GatewayResponse,
  readers: readonly Handler[],
): Promise<unknown> {
  for (const reader of readers) {
    await new Promise<void>((resolve, reject) => {
      const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      try {
        void reader(req as Parameters<Handler>[0], res, next);
      } catch (error) {
        reject(error);
      }
    });
  }
  return req.body as unknown;
}
