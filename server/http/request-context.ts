import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Principal } from '../security/principal';

/** What a handler needs to know of a request that may be a repetition. */
export interface IdempotentWork {
  /** The id of a task that this request submits: the same at each repetition. `part` tells apart those of one request. */
  readonly taskId: (part: string) => string;
  /** Some of the work is left to do: the answer is not kept, and a repetition does the rest. */
  readonly unfinished: () => void;
}

/** What the gateway knows of the request it is handling; lives in `res.locals`. */
export interface RequestLocals {
  requestId: string;
  /** Present once a key was verified. */
  principal?: Principal;
  /** Present where secrets are masked in the answer. */
  mask?: (body: unknown) => unknown;
  /** Code of the problem it was answered with. */
  problem?: string;
  /** Present where the call goes into the audit log: the numbers of its answer. */
  counts?: Readonly<Record<string, number>>;
  /** Present where the request carried an `Idempotency-Key`. */
  idempotency?: IdempotentWork;
}

export type GatewayResponse = Response<unknown, RequestLocals>;

/** A handler that sees {@link RequestLocals}. */
export type Handler = RequestHandler<
  Record<string, string>,
  unknown,
  unknown,
  Request['query'],
  RequestLocals
>;

/** Callers' own ids are kept when they cannot disturb a log or a header. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Gives each request an id: the caller's `X-Request-Id` where it is harmless, else a new one; answered back. */
export function requestId(req: Request, res: GatewayResponse, next: NextFunction): void {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  res.locals.requestId = id;
  res.setHeader('X-Request-Id', id);
  next();
}
