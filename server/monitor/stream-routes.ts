import type { Request } from 'express';
import { formatPosition, parseChoice, type TaskChange, type TaskRecord } from '../../celery';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { EventStream, lastEventId } from '../http/sse';
import type { StreamLimit } from '../http/stream-limit';
import { validated } from '../http/validation';
import type { Principal } from '../security/principal';
import { taskIdSchema } from '../tasks';
import { eventSchema } from './answers';
import { eventsQuerySchema } from './schema';
import { taskFilterOf } from './schema-filter';
import type { Listening, TaskStreams } from './task-streams';
import { changeView, taskRow } from './view';

export interface StreamRoutesDeps {
  readonly streams: TaskStreams;
  readonly limit: Pick<StreamLimit, 'take'>;
  /** Resolves when all that is in the logs has been read, or the signal aborts. */
  readonly caughtUp: (signal: AbortSignal) => Promise<void>;
  /** Answers like `GET /rabbitmq/tasks/{task_id}`, waiting a moment for a result on its way. @throws GatewayError TASK_NOT_FOUND. */
  readonly answerOf: (
    taskId: string,
    waitMs: number,
    signal: AbortSignal,
  ) => Promise<{ readonly finished: boolean; readonly body: object }>;
  /** What a key may see; undefined for one that may see everything. */
  readonly visibleTo: (principal: Principal | undefined) => ((task: TaskRecord) => boolean) | undefined;
  readonly stopping: AbortSignal;
}

/** An end told by an event may be this much ahead of its result. */
const RESULT_WAIT_MS = 6000;

const GAP = {
  event: 'gap',
  data: { detail: 'Events since Last-Event-ID are no longer held: read the tasks anew.' },
} as const;

/** The routes that push. */
export function streamRoutes(deps: StreamRoutesDeps): readonly RouteDefinition[] {
  const { streams, limit, caughtUp, answerOf, visibleTo, stopping } = deps;

  function row(task: TaskRecord): object {
    return taskRow(task, streams.argumentsOf(task.taskId));
  }

  function sendChange(stream: EventStream, change: TaskChange): void {
    const task = change.task === undefined ? null : row(change.task);
    stream.send({ event: change.type, id: formatPosition(change.position), data: changeView(change, task) });
  }

  /** Opens a stream that counts against the caller's limit as long as it lasts. */
  function open(req: Request, res: GatewayResponse): EventStream {
    const place = limit.take(res.locals.principal?.id ?? '');
    const stream = new EventStream(res, { stopping });
    place.until(stream.over);
    return stream;
  }

  /** What was missed, then what comes. */
  function follow(stream: EventStream, listening: Listening, onChange: (change: TaskChange) => void): void {
    const { missed, gap } = streams.missed(listening);
    if (gap) stream.send({ ...GAP, id: streams.position });
    for (const change of missed) onChange(change);
    const unfollow = streams.follow(listening, onChange);
    if (stream.over.aborted) unfollow();
    else stream.over.addEventListener('abort', unfollow, { once: true });
  }

  async function allEvents(req: Request, res: GatewayResponse): Promise<void> {
    const query = validated(eventsQuerySchema, req.query);
    const listening: Listening = {
      filter: taskFilterOf(query),
      types: query.type === undefined ? undefined : parseChoice(query.type),
      visible: visibleTo(res.locals.principal),
      lastEventId: lastEventId(req),
    };
    const stream = open(req, res);
    await caughtUp(stream.over);
    if (listening.lastEventId === undefined) {
      // So that a caller whose stream breaks before the first event knows where it was.
      stream.send({ event: 'open', id: streams.position, data: {} });
    }
    follow(stream, listening, (change) => sendChange(stream, change));
  }

  async function taskEvents(req: Request, res: GatewayResponse): Promise<void> {
    const { task_id: taskId } = validated(taskIdSchema, { task_id: pathParameter(req, 'task_id') });
    const listening: Listening = { filter: { taskIds: new Set([taskId]) }, lastEventId: lastEventId(req) };
    const first = await answerOf(taskId, 0, stopping);
    const resumed = streams.missed(listening);
    const again = listening.lastEventId !== undefined && !resumed.gap;
    if (again && first.finished && resumed.missed.length === 0) {
      // The browser's EventSource comes back after every end but this one.
      res.statusCode = 204;
      res.end();
      return;
    }
    const stream = open(req, res);
    if (!again) stream.send({ event: 'task', id: streams.position, data: first.body });
    if (first.finished) {
      for (const change of resumed.missed) sendChange(stream, change);
      stream.end({ event: 'end', id: streams.position, data: first.body });
      return;
    }
    await caughtUp(stream.over);
    let ending = false;
    const end = async (position: string): Promise<void> => {
      if (ending) return;
      ending = true;
      const { finished, body } = await answerOf(taskId, RESULT_WAIT_MS, stream.over);
      // A task that was run a second time goes on.
      if (finished) stream.end({ event: 'end', id: position, data: body });
      ending = finished;
    };
    follow(stream, listening, (change) => {
      sendChange(stream, change);
      if (change.state !== null && isFinal(change.state))
        end(formatPosition(change.position)).catch(() => stream.end());
    });
    // It may have ended while the logs were read.
    const { state = '' } = streams.task(taskId) ?? {};
    if (isFinal(state)) end(streams.position).catch(() => stream.end());
  }

  const common = {
    method: 'get',
    scope: 'tasks:read',
    bucket: 'reads',
    body: 'none',
    startsWork: true,
  } as const;
  const headers = { 'Last-Event-ID': 'The id of the last event seen: the stream goes on behind it.' };
  return [
    {
      ...common,
      path: '/rabbitmq/events',
      checksLimits: true,
      api: {
        summary: 'Changes of tasks and workers as they happen',
        description:
          'Server-sent events. An `id` is a position in the logs of the broker, so it holds on every replica and after a restart. After a `gap` some changes are missing. A reader that does not keep up is told `behind`, and goes on when it comes back. Without `Last-Event-ID` it begins now, with `open`.',
        operationId: 'streamEvents',
        problems: problems('reads', 'TOO_MANY_STREAMS'),
        tag: 'events',
        query: eventsQuerySchema,
        headers,
        responses: {
          200: { description: 'A stream of events.', contentType: 'text/event-stream', schema: eventSchema },
        },
      },
      handle: allEvents,
    },
    {
      ...common,
      path: '/rabbitmq/tasks/:task_id/events',
      api: {
        summary: 'Changes of one task until it is finished',
        description:
          'Server-sent events: `task` with the task as it is, each change, and `end` with the finished task, its result included.',
        operationId: 'streamTaskEvents',
        problems: problems('reads', 'TOO_MANY_STREAMS', 'TASK_NOT_FOUND'),
        tag: 'events',
        params: taskIdSchema,
        headers,
        responses: {
          200: { description: 'A stream of events.', contentType: 'text/event-stream', schema: eventSchema },
          204: { description: 'The task is finished, and the caller has seen all of it.' },
        },
      },
      handle: taskEvents,
    },
  ];
}

const FINAL: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
const isFinal = (state: string): boolean => FINAL.has(state);
