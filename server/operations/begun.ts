import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import type { GatewayResponse } from '../http/request-context';
import type { ResponseDescription } from '../http/route';
import { validated } from '../http/validation';
import type { Operation } from './operation';
import { operationSchema, waitQuerySchema } from './schema';
import { operationView } from './view';

export const OPERATIONS_PATH = '/rabbitmq/operations';

/** What a route that begins an operation answers. */
export const operationResponses: Readonly<Record<200 | 202, ResponseDescription>> = {
  200: { description: 'It has ended, one way or the other: see `state`.', schema: operationSchema },
  202: { description: 'It goes on: ask at `Location`.', schema: operationSchema },
};

/** Seconds to wait as the query asks. @throws GatewayError REQUEST_INVALID. Asked before the operation begins. */
export function waitOf(req: Request): number {
  return validated(waitQuerySchema, req.query).wait;
}

/** Answers with an operation that has just begun: 200 when it ends within the wait, else 202. */
export async function sendBegun(
  res: GatewayResponse,
  operation: Operation,
  waitSeconds: number,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  await operation.ended(waitSeconds * 1000, AbortSignal.any([gone.signal, stopping]));
  res.setHeader('Location', `${OPERATIONS_PATH}/${operation.id}`);
  sendJson(res, operation.running ? 202 : 200, operationView(operation.snapshot()));
}
