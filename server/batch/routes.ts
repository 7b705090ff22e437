import type { Request } from 'express';
import { RabbitMQError } from '../../amqp';
import { GatewayError, type InputProblem, inputError } from '../errors';
import { parsedJson } from '../http/json-body';
import type { JsonHazards } from '../http/json-hazards';
import { sendJson } from '../http/json-response';
import { problemOf } from '../http/problem';
import { problems } from '../http/problem-sources';
import type { GatewayResponse, Handler, IdempotentWork } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import type { IdempotentRequests } from '../idempotency';
import {
  extrasOf,
  inBodyTerms,
  type ReplyTo,
  sparseTaskSchema,
  submissionOf,
  type TraceHeaders,
  taskSchema,
  traced,
} from '../tasks';
import { batchAnswerSchema, batchLineSchema } from './answers';
import { bodyOf } from './body-of';
import { answerStream } from './ndjson-answer';
import { batchSchema, documentedBatchSchema } from './schema';
import type { BatchItem, BatchOutcome, BatchService } from './service';
import { batchView } from './view';

export interface BatchRoutesDeps {
  readonly service: Pick<BatchService, 'submitAll' | 'enter' | 'problems'>;
  readonly idempotency: Pick<IdempotentRequests, 'run' | 'exclusively'>;
  readonly replyTo: ReplyTo;
  readonly jsonBody: readonly Handler[];
  /** Looks through each line of an NDJSON batch. */
  readonly hazards: JsonHazards;
  readonly maxTasks: number;
  readonly maxLineBytes: number;
  /** Lines of one answer that may be under way. */
  readonly width: number;
  readonly stopping: AbortSignal;
}

const PATH = '/rabbitmq/tasks/batch';
const LINES = 'application/x-ndjson';
const NDJSON = /^application\/(?:x-ndjson|ndjson|jsonl)\s*(?:;|$)/i;
/** Problems told of a batch that was refused as a whole. */
const MAX_PROBLEMS = 100;

/** Problems that a repetition may not have. */
const isPassing = (outcome: BatchOutcome): boolean =>
  'error' in outcome && (!(outcome.error instanceof RabbitMQError) || outcome.error.retryable);

function inputProblems(error: unknown, at: string): readonly InputProblem[] {
  const errors = error instanceof RabbitMQError ? error.details.errors : undefined;
  if (!Array.isArray(errors))
    return [{ pointer: at, detail: error instanceof Error ? error.message : 'is refused' }];
  return (errors as readonly InputProblem[]).map(({ pointer, detail }) => ({
    pointer: at + pointer,
    detail,
  }));
}

/** One problem for the whole batch: the kind of the first one, the places of all. */
function wholeProblem(problems: ReadonlyMap<number, unknown>): unknown {
  const sorted = [...problems].sort(([a], [b]) => a - b);
  const first = sorted[0]?.[1];
  if (!(first instanceof RabbitMQError)) return first;
  const errors = sorted.flatMap(([index, error]) => inputProblems(error, `/tasks/${index}`));
  return new RabbitMQError(first.code, `Nothing was sent: ${problems.size} of the tasks would be refused.`, {
    details: { errors: errors.slice(0, MAX_PROBLEMS) },
  });
}

/** Many tasks in one request: as one JSON body, or as lines both ways. */
export function batchRoutes(deps: BatchRoutesDeps): readonly RouteDefinition[] {
  const { service, idempotency, replyTo, maxTasks } = deps;

  function itemOf(
    value: unknown,
    part: () => string,
    repeated: IdempotentWork | undefined,
    trace: TraceHeaders,
  ): BatchItem {
    const body = validated(sparseTaskSchema.for(value), value);
    const derived = body.task_id === undefined ? repeated?.taskId(part()) : undefined;
    const task = submissionOf(derived === undefined ? body : { ...body, task_id: derived }, replyTo);
    return { task: traced(task, trace), extras: extrasOf(body, repeated !== undefined) };
  }

  const inItsTerms = (outcome: BatchOutcome): BatchOutcome =>
    'error' in outcome ? { error: inBodyTerms(outcome.error) } : outcome;

  async function atomically(
    tasks: readonly unknown[],
    trace: TraceHeaders,
    res: GatewayResponse,
  ): Promise<(index: number) => BatchItem> {
    const problems = new Map<number, unknown>();
    const items: BatchItem[] = [];
    tasks.forEach((value, index) => {
      try {
        items[index] = itemOf(value, () => String(index), res.locals.idempotency, trace);
      } catch (error) {
        problems.set(index, error);
      }
    });
    if (problems.size === 0) {
      for (const [index, error] of await service.problems(items, res.locals.principal))
        problems.set(index, inBodyTerms(error));
    }
    if (problems.size > 0) throw wholeProblem(problems);
    return (index) => items[index] as BatchItem;
  }

  async function whole(body: unknown, req: Request, res: GatewayResponse): Promise<void> {
    const { tasks, atomic } = validated(batchSchema, body);
    if (tasks.length > maxTasks) {
      throw inputError('REQUEST_INVALID', 'The batch is too large.', [
        { pointer: '/tasks', detail: `must hold at most ${maxTasks} tasks` },
      ]);
    }
    const { principal, idempotency: repeated, requestId } = res.locals;
    const itemAt = atomic
      ? await atomically(tasks, req.headers, res)
      : (index: number) => itemOf(tasks[index], () => String(index), repeated, req.headers);
    const outcomes = (await service.submitAll(tasks.length, itemAt, principal)).map(inItsTerms);
    if (outcomes.some(isPassing)) repeated?.unfinished();
    const view = batchView(outcomes, problemOf, { path: req.path, requestId });
    sendJson(res, view.refused === 0 ? 202 : 207, view);
  }

  async function lines(req: Request, res: GatewayResponse): Promise<void> {
    const { principal, idempotency: repeated, requestId } = res.locals;
    await answerStream(req, res, {
      width: deps.width,
      maxLineBytes: deps.maxLineBytes,
      stopping: deps.stopping,
      place: (line) => ({ path: `${PATH}#line=${line}`, requestId }),
      submit: async (content, line) => {
        // A line is known again by its place and by what it says.
        const item = (): BatchItem =>
          itemOf(
            parsedJson(content, deps.hazards),
            () => `${line}\n${content.toString('utf8')}`,
            repeated,
            req.headers,
          );
        const { outcome } = await service.enter(item, principal);
        return { outcome: outcome.then(inItsTerms) };
      },
    });
  }

  async function batch(req: Request, res: GatewayResponse): Promise<void> {
    if (!NDJSON.test(req.headers['content-type'] ?? '')) {
      const body = await bodyOf(req, res, deps.jsonBody);
      return idempotency.run(req, res, body, () => whole(body, req, res));
    }
    const encoding = req.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      throw new GatewayError(
        'UNSUPPORTED_MEDIA_TYPE',
        'Lines are taken as they are, without Content-Encoding.',
      );
    return idempotency.exclusively(req, res, lines);
  }

  return [
    {
      method: 'post',
      path: PATH,
      scope: 'tasks:submit',
      bucket: 'submits',
      body: 'stream',
      startsWork: true,
      idempotent: true,
      checksLimits: true,
      api: {
        summary: 'Submit many tasks',
        description:
          'As JSON: each task has its outcome at its place. As application/x-ndjson, one task a line: each outcome is a line of the answer, in the same order, followed by a summary.',
        operationId: 'submitTasks',
        problems: problems(
          'submits',
          'CALLBACKS_DISABLED',
          'IDEMPOTENCY_UNAVAILABLE',
          'IDEMPOTENCY_IN_FLIGHT',
          'IDEMPOTENCY_KEY_REUSED',
          'BODY_MALFORMED',
          'BODY_TOO_LARGE',
          'UNSUPPORTED_MEDIA_TYPE',
          'SHUTTING_DOWN',
        ),
        tag: 'tasks',
        body: documentedBatchSchema,
        bodyForms: [{ contentType: LINES, schema: taskSchema }],
        example: {
          tasks: [
            { task_name: 'tasks.add', args: [1, 2] },
            { task_name: 'tasks.add', args: [3, 4] },
          ],
        },
        responses: {
          202: { description: 'All tasks are on their queues.', schema: batchAnswerSchema },
          207: {
            description: 'Some are not: each result says which and why. Lines are always answered so.',
            schema: batchAnswerSchema,
            forms: [{ contentType: LINES, schema: batchLineSchema }],
          },
        },
      },
      handle: batch,
    },
  ];
}
