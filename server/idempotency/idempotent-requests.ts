import type { Request } from 'express';
import type { Logger } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { captureAnswer, type KeptAnswer, sendKept } from './captured-answer';
import type { Claim } from './claim';
import type { Claims } from './claim-log';
import { derivedId, fingerprintOf, keyOf } from './derived-id';

export interface IdempotentRequestsDeps {
  readonly claims: Claims;
  /** How long an answer is kept. */
  readonly ttlMs: number;
  readonly leaseMs: number;
  /** Resolves when everything that was submitted before, by anybody, is known here. */
  readonly recordRead: () => Promise<void>;
  readonly logger: Pick<Logger, 'warn'>;
}

type Work = RouteDefinition['handle'];

const HEADER = 'idempotency-key';
/** A string of RFC 8941, as the draft wants it, or the bare text that most clients send. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$/;
const BARE = /^[!#-~]{1,255}$/;

/** A caller is told to come again after this, in seconds, while the first request is being handled. */
const IN_FLIGHT_RETRY_SECONDS = 1;

/** The key a request carries. @throws GatewayError REQUEST_INVALID. */
export function idempotencyKey(req: Request): string | undefined {
  const given = req.headers[HEADER];
  if (given === undefined) return undefined;
  const text = typeof given === 'string' ? given.trim() : '';
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1') ?? BARE.exec(text)?.[0];
  if (key !== undefined) return key;
  throw inputError('REQUEST_INVALID', 'The Idempotency-Key is not acceptable.', [
    { pointer: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters, quoted or not' },
  ]);
}

/**
 * Makes repetitions harmless (draft-ietf-httpapi-idempotency-key-header): the first request with a key does the work, those
 * after it are given its answer. A key belongs to one API key and one route. Only work that was done is remembered: a request
 * that was refused, or failed, leaves its key free.
 */
export class IdempotentRequests {
  constructor(private readonly deps: IdempotentRequestsDeps) {}

  /** The route with the header understood, where its definition asks for it. */
  guard(route: RouteDefinition): RouteDefinition {
    if (route.idempotent !== true) return route;
    const headers = {
      ...route.api.headers,
      'Idempotency-Key':
        'Repeated with the same key and body, the first answer is given again and nothing is done.',
    };
    const guarded: RouteDefinition = { ...route, api: { ...route.api, headers } };
    if (route.body === 'stream') return guarded;
    const { handle } = route;
    return {
      ...guarded,
      handle: (req, res) =>
        req.headers[HEADER] === undefined ? handle(req, res) : this.run(req, res, req.body, handle),
    };
  }

  /**
   * Does the work, or gives the answer of who did it. Without a key it is done as it is.
   * @param body what the request asks for: repetitions must say the same.
   * @throws GatewayError IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_UNAVAILABLE.
   */
  async run(req: Request, res: GatewayResponse, body: unknown, work: Work): Promise<void> {
    const scope = scopeOf(req, res);
    if (scope === undefined) return work(req, res);
    const { claims, leaseMs } = this.deps;
    const fingerprint = fingerprintOf([req.query, body]);
    const outcome = await claims.claim(scope, { fingerprint, leaseMs });
    if (!outcome.won) return this.repeat(res, outcome.claim, fingerprint);
    let finished = true;
    res.locals.idempotency = {
      taskId: (part) => derivedId(scope, part),
      unfinished: () => {
        finished = false;
      },
    };
    const answer = captureAnswer(res);
    try {
      // Whoever held the key before and died may have sent the task: only the record can tell.
      await this.deps.recordRead();
      await work(req, res);
    } catch (error) {
      answer.discard();
      await this.written(outcome.held.release());
      throw error;
    }
    const { kept } = answer;
    const done = finished && kept !== undefined && kept.status < 400;
    await this.written(
      done ? outcome.held.settle(JSON.stringify(kept), this.deps.ttlMs) : outcome.held.release(),
    );
    answer.send();
  }

  /**
   * For work whose answer is too long to keep: nobody else does it at the same time, and its parts get ids that are the same
   * at each repetition.
   */
  async exclusively(req: Request, res: GatewayResponse, work: Work): Promise<void> {
    const scope = scopeOf(req, res);
    if (scope === undefined) return work(req, res);
    const outcome = await this.deps.claims.claim(scope, {
      fingerprint: 'stream',
      leaseMs: this.deps.leaseMs,
    });
    if (!outcome.won) return this.repeat(res, outcome.claim, 'stream');
    res.locals.idempotency = { taskId: (part) => derivedId(scope, part), unfinished: () => undefined };
    try {
      await this.deps.recordRead();
      await work(req, res);
    } finally {
      await this.written(outcome.held.release());
    }
  }

  private async repeat(res: GatewayResponse, claim: Claim, fingerprint: string): Promise<void> {
    if (claim.fingerprint !== fingerprint) {
      throw new GatewayError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.');
    }
    if (claim.state === 'held') {
      throw new GatewayError(
        'IDEMPOTENCY_IN_FLIGHT',
        'A request with this Idempotency-Key is being handled.',
        {
          details: { retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS },
        },
      );
    }
    sendKept(res, JSON.parse(await this.deps.claims.valueOf(claim)) as KeptAnswer);
  }

  /** The work is done, or not, whatever becomes of its note: without it the key is held until the lease is over. */
  private async written(note: Promise<void>): Promise<void> {
    try {
      await note;
    } catch (error) {
      this.deps.logger.warn('the outcome of an idempotent request could not be kept', { error });
    }
  }
}

function scopeOf(req: Request, res: GatewayResponse): string | undefined {
  const key = idempotencyKey(req);
  if (key === undefined) return undefined;
  return keyOf('request', res.locals.principal?.id ?? '', req.method, req.path, key);
}
