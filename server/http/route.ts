import type { Request } from 'express';
import type Joi from 'joi';
import type { ProblemCode } from '../errors';
import type { Scope } from '../security/scopes';
import type { GatewayResponse } from './request-context';

/** Another form of a body, chosen by its content type. */
export interface BodyForm {
  readonly contentType: string;
  /** Of the body, or of each line of it. */
  readonly schema: Joi.Schema;
}

/** What a route answers with one status. */
export interface ResponseDescription {
  readonly description: string;
  /** Of the JSON body; none where there is no body or it is no JSON. */
  readonly schema?: Joi.Schema;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Other forms of the same answer. */
  readonly forms?: readonly BodyForm[];
  readonly example?: unknown;
  /** Headers of this answer beyond those of every answer, each with what it tells. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route as its callers see it: what the OpenAPI document is made of. Problems are added to it from the other fields. */
export interface RouteDescription {
  /** One line, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  /** Stable name for generated clients, such as `submitTask`. */
  readonly operationId: string;
  /** Heading in the document, such as `tasks`. */
  readonly tag: string;
  /** The very schemas that validate. */
  readonly params?: Joi.ObjectSchema;
  readonly query?: Joi.ObjectSchema;
  readonly body?: Joi.Schema;
  /** Request headers beyond authentication, each with what it does. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `application/json`. */
  readonly bodyType?: string;
  /** Other forms the body is taken in. */
  readonly bodyForms?: readonly BodyForm[];
  /** A body that works as it is. */
  readonly example?: unknown;
  /** Successful answers by status. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /**
   * What its handler may answer beyond those problems that follow from the other fields of the route (key, rate limit, body,
   * schemas, path): see `problems`. A test fails for an answer whose code is not listed.
   */
  readonly problems: readonly ProblemCode[];
}

/** A route as a value: one table says what it needs, and one place applies it. */
export interface RouteDefinition {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  /** What a key must be allowed to do; `null` needs no key. */
  readonly scope: Scope | null;
  /** Whose rate limit it counts against. */
  readonly bucket: 'reads' | 'submits' | 'admin' | 'none';
  /** `json` is read and checked before the handler; a `stream` is read by the handler. */
  readonly body: 'json' | 'stream' | 'none';
  /** Whether it is refused while the gateway stops. */
  readonly startsWork: boolean;
  /** Whether an `Idempotency-Key` makes a repetition harmless; a route with a streamed body sees to it by itself. */
  readonly idempotent?: boolean;
  /**
   * The handler itself holds keys to their tenant and to their tasks and queues (`Permissions`). Without it a route is open
   * to keys so limited only where its path names a `:task_id` or a `:queue_name`, which is then looked at before the handler.
   */
  readonly checksLimits?: true;
  /** For what cannot be undone: the query `confirm` has to repeat this path parameter (or, where the path has none of this name, the name itself). */
  readonly confirm?: {
    readonly parameter: string;
    /** False: only with GATEWAY_REQUIRE_CONFIRM. Whatever is given has to be right in any case. */
    readonly always: boolean;
  };
  /** Whether calls are put into the audit log. Default: all but reads and submissions, which have a record of their own. */
  readonly audited?: boolean;
  /** Whether secrets are masked in the JSON and in the events that it answers. Default: a GET that needs a key. */
  readonly masked?: boolean;
  readonly api: RouteDescription;
  readonly handle: (req: Request, res: GatewayResponse) => void | Promise<void>;
}

/** A path parameter that the path is known to have. */
export function pathParameter(req: Request, name: string): string {
  const value = req.params[name];
  return typeof value === 'string' ? value : '';
}
