import { ipKeyGenerator, type RateLimitInfo, rateLimit, type Store } from 'express-rate-limit';
import { GatewayError } from '../errors';
import type { GatewayResponse, Handler, RequestLocals } from '../http/request-context';
import { CountersInMemory } from './counters-in-memory';

export interface RateLimitOptions {
  /** Named in the `RateLimit` and `RateLimit-Policy` headers. */
  readonly name: string;
  readonly windowSeconds: number;
  /** Requests per window; 0 means no limit. */
  readonly limit: number;
  /** Where it is counted; default: in this process. */
  readonly store?: Store | undefined;
}

const unlimited: Handler = (_req, _res, next) => next();

/** Where the limiter leaves its count on the request. */
const INFO = 'rateLimit';

/** Limits by API key where one was verified, else by address (an IPv6 caller owns a whole /56 and counts as one). */
export function rateLimiter(options: RateLimitOptions): Handler {
  if (options.limit === 0) return unlimited;
  const policy = `"${options.name}";q=${options.limit};w=${options.windowSeconds}`;

  /**
   * The structured fields of draft-ietf-httpapi-ratelimit-headers. Written here because the library's own form adds a
   * partition key, which costs a SHA-256 in each request and tells the caller nothing.
   */
  const describe = (req: object, res: GatewayResponse, refused: boolean): void => {
    const info = (req as Readonly<Record<string, RateLimitInfo | undefined>>)[INFO];
    if (info === undefined) return;
    const resetMs = info.resetTime === undefined ? 0 : info.resetTime.getTime() - Date.now();
    const resetSeconds = String(Math.max(1, Math.ceil(resetMs / 1000)));
    if (refused) res.setHeader('Retry-After', resetSeconds);
    res.setHeader('RateLimit-Policy', policy);
    res.setHeader('RateLimit', `"${options.name}";r=${info.remaining};t=${resetSeconds}`);
  };

  const limiter = rateLimit({
    windowMs: options.windowSeconds * 1000,
    limit: options.limit,
    standardHeaders: false,
    legacyHeaders: false,
    requestPropertyName: INFO,
    store: options.store ?? new CountersInMemory(),
    keyGenerator: (req, res) => (res.locals as RequestLocals).principal?.id ?? ipKeyGenerator(req.ip ?? ''),
    handler: (_req, _res, next) =>
      next(new GatewayError('RATE_LIMITED', 'The rate limit of this key is used up.')),
  });
  return (req, res, next) => {
    void limiter(req, res, (error?: unknown) => {
      describe(req, res, error !== undefined);
      next(error);
    });
  };
}
