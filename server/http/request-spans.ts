import type { Request } from 'express';
import type { Span, SpanAttributes, TraceContext, Tracing } from '../../runtime';
import type { GatewayResponse, Handler } from './request-context';

/** Asked every few seconds by machines: their spans would say nothing and bury the others. */
const PROBES = /^\/(?:health\/|metrics$)/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * A server span for each request, which continues the caller's trace. The request's own `traceparent` names the span from then
 * on: what is sent for it goes under the span, by whatever way the header takes. Where another library has made a span of the
 * request already, that one is continued.
 */
export function requestSpans(tracing: Pick<Tracing, 'start' | 'active'>): Handler {
  return (req, res, next) => {
    const theirs = tracing.active();
    if (theirs === undefined && PROBES.test(req.path)) {
      next();
      return;
    }
    const span = theirs ?? begun(tracing, req as Request);
    continueIn(req as Request, span.context);
    // Whoever made theirs knows no routes, and ends it at `close`.
    if (theirs !== undefined) res.once('finish', () => nameByRoute(span, req as Request));
    else res.once('close', () => conclude(span, req as Request, res));
    if (theirs !== undefined) next();
    else span.run(next);
  };
}

function begun(tracing: Pick<Tracing, 'start'>, req: Request): Span {
  const name = METHODS.has(req.method) ? req.method : 'HTTP';
  return tracing.start({ name, kind: 'server', attributes: requestAttributes(req), parent: req.headers });
}

function continueIn({ headers }: Request, { traceparent, tracestate }: TraceContext): void {
  headers.traceparent = traceparent;
  if (tracestate === undefined) delete headers.tracestate;
  else headers.tracestate = tracestate;
}

/** Names of OpenTelemetry's conventions for HTTP. The query is left out: it may hold what is not for a trace. */
function requestAttributes(req: Request): SpanAttributes {
  return {
    'http.request.method': METHODS.has(req.method) ? req.method : '_OTHER',
    'url.scheme': req.protocol,
    'url.path': req.path,
    'server.address': req.hostname,
    'client.address': req.ip,
    'user_agent.original': req.headers['user-agent'],
  };
}

function nameByRoute(span: Span, req: Request): void {
  const route: unknown = req.route?.path;
  if (typeof route !== 'string') return;
  span.rename(`${req.method} ${route}`);
  span.set({ 'http.route': route });
}

/** Problems that are the caller's are no errors of the server. */
function conclude(span: Span, req: Request, res: GatewayResponse): void {
  nameByRoute(span, req);
  if (res.headersSent) span.set({ 'http.response.status_code': res.statusCode });
  if (res.statusCode >= 500) span.fail(res.locals.problem ?? String(res.statusCode));
  span.end();
}
