import type { Request } from 'express';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { GatewayResponse, Handler } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import type { AuditEntry, Outcome } from './audit-entry';
import type { AuditLog } from './audit-log';

export interface AuditTrailDeps {
  readonly log: Pick<AuditLog, 'record' | 'available'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Members of a body that name what a call is about; all else in it may be a secret. */
const NAMES = [
  'queue_name',
  'queue',
  'source',
  'destination',
  'exchange',
  'routing_key',
  'task_id',
  'task_name',
  'worker',
  'workers',
  'name',
  'id',
  'level',
] as const;
const MAX_TEXT = 256;
const MAX_REASON = 500;
/** What would break a line or a terminal that shows it. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** Submissions are recorded with the task itself, and many times more often than all else together. */
const RECORDED_ELSEWHERE: readonly RouteDefinition['scope'][] = ['tasks:submit', 'workflows:submit'];

/** Whether calls of a route go into the audit log: what changes something, unless the route says otherwise. */
export function isAudited(route: RouteDefinition): boolean {
  const changes = route.method !== 'get' && route.scope !== null;
  return route.audited ?? (changes && !RECORDED_ELSEWHERE.includes(route.scope));
}

const clean = (text: string, most: number): string => text.replace(CONTROL, ' ').slice(0, most);

function nameText(value: unknown): string | undefined {
  const all = Array.isArray(value) ? value : [value];
  if (all.length === 0 || !all.every((one) => typeof one === 'string')) return undefined;
  return clean(all.join(', '), MAX_TEXT);
}

/** A call on its way through a route. */
interface Call {
  readonly route: RouteDefinition;
  readonly req: Request;
  readonly params: Readonly<Record<string, unknown>>;
}

function targetOf(params: Call['params'], body: unknown): Record<string, string> {
  const target: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) target[name] = nameText(value) ?? '';
  if (typeof body !== 'object' || body === null) return target;
  for (const name of NAMES) {
    const text = nameText((body as Readonly<Record<string, unknown>>)[name]);
    if (text !== undefined && text !== '') target[name] ??= text;
  }
  return target;
}

function reasonOf(req: Request): string | null {
  const given = req.headers['x-reason'];
  return typeof given === 'string' && given.trim() !== '' ? clean(given, MAX_REASON) : null;
}

function outcomeOf(status: number): Outcome {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

/** Puts what is done over HTTP into the audit log. */
export class AuditTrail {
  constructor(private readonly deps: AuditTrailDeps) {}

  /**
   * Before the key is looked at, so that refusals are recorded too. Refuses every call while the log cannot be written:
   * what is not on record must not happen.
   */
  watch(route: RouteDefinition): Handler {
    return (req, res, next): void => {
      res.locals.counts = {};
      // Kept now: Express takes the parameters away again when the route ends with an error.
      const call: Call = { route, req: req as Request, params: { ...req.params } };
      let recorded = false;
      const end = (outcome: Outcome): void => {
        if (recorded) return;
        recorded = true;
        void this.deps.log.record(this.entry(call, res, outcome));
      };
      res.once('finish', () => end(outcomeOf(res.statusCode)));
      res.once('close', () => end('unknown'));
      this.proceed(next);
    };
  }

  /** Just before something that cannot be undone: the handler runs once its beginning is on record. */
  begin(route: RouteDefinition): Handler {
    return (req, res, next): void => {
      const call: Call = { route, req: req as Request, params: req.params };
      void this.deps.log.record(this.entry(call, res, 'begun')).then(() => this.proceed(next));
    };
  }

  private proceed(next: (error?: unknown) => void): void {
    this.deps.log.available().then((available) => {
      next(available ? undefined : new GatewayError('AUDIT_UNAVAILABLE', 'The audit log cannot be written.'));
    }, next);
  }

  private entry({ route, req, params }: Call, res: GatewayResponse, outcome: Outcome): AuditEntry {
    const { requestId, principal, problem, counts } = res.locals;
    return {
      at: new Date(this.deps.clock.now()).toISOString(),
      request_id: requestId,
      key_id: principal?.id ?? null,
      tenant: principal?.tenant ?? null,
      address: req.ip ?? null,
      operation: route.api.operationId,
      method: req.method,
      route: route.path,
      target: targetOf(params, req.body),
      reason: reasonOf(req),
      outcome,
      status: outcome === 'begun' || outcome === 'unknown' ? null : res.statusCode,
      code: problem ?? null,
      counts: counts ?? {},
    };
  }
}
