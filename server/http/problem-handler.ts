import type { NextFunction, Request } from 'express';
import type { Logger } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import { problemOf, retryAfterSeconds } from './problem';
import type { GatewayResponse } from './request-context';

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** What Express, its router and its body reader throw: plain errors with a status (http-errors). */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof GatewayError) return error;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (type === 'entity.too.large') return new GatewayError('BODY_TOO_LARGE', 'The body exceeds the limit.');
  if (status === 415)
    return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The encoding or charset is not supported.');
  if (type === 'request.aborted' || type === 'request.size.invalid') {
    return inputError('BODY_MALFORMED', 'The body did not arrive whole.', [
      { pointer: '', detail: 'is incomplete' },
    ]);
  }
  if (error instanceof URIError || status === 400) {
    const pointer = error instanceof URIError ? 'path' : '';
    return inputError('REQUEST_INVALID', 'The request cannot be decoded.', [
      { pointer, detail: 'is malformed' },
    ]);
  }
  return error;
}

/** The only place that turns an error into a status: a problem document, logged when it is our fault. */
export function problemHandler(logger: Pick<Logger, 'error' | 'warn'>) {
  return (raised: unknown, req: Request, res: GatewayResponse, next: NextFunction): void => {
    const error = translated(raised);
    const { requestId } = res.locals;
    if (res.headersSent) {
      next(error);
      return;
    }
    const problem = problemOf(error, { path: req.path, requestId });
    res.locals.problem = problem.code;
    if (problem.code === 'INTERNAL_ERROR')
      logger.error('request failed', { requestId, path: req.path, error });
    const retryAfter = retryAfterSeconds(error, problem.status);
    if (retryAfter !== undefined) res.setHeader('Retry-After', String(retryAfter));
    if (problem.status === 401) res.setHeader('WWW-Authenticate', 'Bearer realm="celery-gateway"');
    const allow = error instanceof GatewayError ? error.details.allow : undefined;
    if (typeof allow === 'string') res.setHeader('Allow', allow);
    // A body that was not read to its end must not be taken for the next request.
    if (problem.status === 413 || problem.code === 'SHUTTING_DOWN') res.setHeader('Connection', 'close');
    res.setHeader('Cache-Control', 'no-store');
    res.status(problem.status).setHeader('Content-Type', PROBLEM_JSON);
    res.end(JSON.stringify(problem));
  };
}
