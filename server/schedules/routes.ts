import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { ranSchema, scheduleAnswerSchema, schedulesSchema, timesSchema } from './answers';
import { patched } from './patch';
import {
  listQuerySchema,
  newScheduleSchema,
  nextQuerySchema,
  patchSchema,
  previewSchema,
  scheduleIdSchema,
  scheduleSchema,
} from './schema';
import { type ChangeTerms, etagOf, type ScheduleService, type ScheduleStatus } from './service';
import { listView, scheduleView, timesView } from './view';

/** Its task is looked at as a submission is. */
const CHECKED = problems(
  'remembers',
  'NAME_NOT_ALLOWED',
  'TASK_INVALID',
  'ARGUMENTS_INVALID',
  'CALLBACKS_DISABLED',
);

const PREFIX = '/rabbitmq/schedules';
const ONE = `${PREFIX}/:schedule_id`;
const EXAMPLE = {
  id: 'nightly-report',
  cron: '30 2 * * *',
  timezone: 'Europe/Berlin',
  missed: 'run_once',
  task: { task_name: 'reports.daily', kwargs: { format: 'pdf' } },
};

type Service = Pick<
  ScheduleService,
  'list' | 'get' | 'create' | 'replace' | 'change' | 'remove' | 'runNow' | 'next' | 'preview'
>;

const idOf = (req: Request): string =>
  validated(scheduleIdSchema, { schedule_id: pathParameter(req, 'schedule_id') }).schedule_id;

const termsOf = (req: Request, res: GatewayResponse): ChangeTerms => ({
  by: res.locals.principal,
  ifMatch: req.headers['if-match'],
});

function send(res: GatewayResponse, status: number, found: ScheduleStatus): void {
  res.setHeader('ETag', etagOf(found.schedule));
  sendJson(res, status, scheduleView(found));
}

/** The routes of recurring schedules. */
export function scheduleRoutes(service: Service): readonly RouteDefinition[] {
  async function create(req: Request, res: GatewayResponse): Promise<void> {
    const { id, ...body } = validated(newScheduleSchema, req.body);
    const made = await service.create(id, body, res.locals.principal);
    res.setHeader('Location', `${PREFIX}/${encodeURIComponent(made.schedule.id)}`);
    send(res, 201, made);
  }

  function list(req: Request, res: GatewayResponse): void {
    const { limit, cursor } = validated(listQuerySchema, req.query);
    const { page, more } = service.list(limit, cursor);
    sendJson(res, 200, listView(page, more));
  }

  async function replace(req: Request, res: GatewayResponse): Promise<void> {
    const body = validated(scheduleSchema, req.body);
    const { status, created } = await service.replace(idOf(req), body, termsOf(req, res));
    send(res, created ? 201 : 200, status);
  }

  async function patch(req: Request, res: GatewayResponse): Promise<void> {
    const change = validated(patchSchema, req.body);
    const terms = termsOf(req, res);
    send(res, 200, await service.change(idOf(req), (body) => patched(body, change), terms));
  }

  async function pause(req: Request, res: GatewayResponse, paused: boolean): Promise<void> {
    const terms = termsOf(req, res);
    send(res, 200, await service.change(idOf(req), (body) => ({ ...body, paused }), terms));
  }

  async function remove(req: Request, res: GatewayResponse): Promise<void> {
    await service.remove(idOf(req), req.headers['if-match']);
    res.statusCode = 204;
    res.end();
  }

  async function runNow(req: Request, res: GatewayResponse): Promise<void> {
    const taskId = await service.runNow(idOf(req), req.headers);
    res.setHeader('Location', `/rabbitmq/tasks/${encodeURIComponent(taskId)}`);
    sendJson(res, 202, { task_id: taskId });
  }

  const tag = 'schedules';
  const read = {
    method: 'get',
    scope: 'tasks:read',
    bucket: 'reads',
    body: 'none',
    startsWork: false,
  } as const;
  const write = { scope: 'schedules:write', bucket: 'admin', startsWork: true } as const;
  const headers = { 'If-Match': 'ETag that was read: 412 when the schedule was changed since.' };
  const one = { 200: { description: 'The schedule.', schema: scheduleAnswerSchema } };
  const times = { 200: { description: 'When it is due.', schema: timesSchema } };
  return [
    {
      ...write,
      method: 'post',
      path: PREFIX,
      body: 'json',
      idempotent: true,
      api: {
        summary: 'Make a recurring schedule',
        operationId: 'createSchedule',
        problems: [...CHECKED, 'SCHEDULE_EXISTS', 'SCHEDULES_FULL'],
        tag,
        body: newScheduleSchema,
        example: EXAMPLE,
        responses: { 201: { description: 'It is kept and will fire.', schema: scheduleAnswerSchema } },
      },
      handle: create,
    },
    {
      ...read,
      path: PREFIX,
      api: {
        summary: 'Schedules by id',
        operationId: 'listSchedules',
        problems: problems('reads'),
        tag,
        query: listQuerySchema,
        responses: { 200: { description: 'One page of them.', schema: schedulesSchema } },
      },
      handle: list,
    },
    {
      ...read,
      method: 'post',
      path: `${PREFIX}/preview`,
      body: 'json',
      audited: false,
      api: {
        summary: 'When a cron expression or interval would be due',
        operationId: 'previewSchedule',
        problems: [],
        tag,
        body: previewSchema,
        example: { cron: '0 9 * * MON-FRI', timezone: 'America/New_York', count: 5 },
        responses: times,
      },
      handle: (req, res) => {
        const { count, ...timing } = validated(previewSchema, req.body);
        sendJson(res, 200, timesView(service.preview(timing, count)));
      },
    },
    {
      ...read,
      path: ONE,
      api: {
        summary: 'A schedule, its last runs and its next one',
        operationId: 'getSchedule',
        problems: problems('reads', 'SCHEDULE_NOT_FOUND'),
        tag,
        params: scheduleIdSchema,
        responses: one,
      },
      handle: (req, res) => send(res, 200, service.get(idOf(req))),
    },
    {
      ...write,
      method: 'put',
      path: ONE,
      body: 'json',
      api: {
        summary: 'Replace a schedule, or make it',
        operationId: 'putSchedule',
        problems: [...CHECKED, 'SCHEDULE_EXISTS', 'SCHEDULES_FULL', 'SCHEDULE_NOT_FOUND', 'VERSION_MISMATCH'],
        tag,
        params: scheduleIdSchema,
        body: scheduleSchema,
        headers,
        example: { interval_seconds: 300, task: { task_name: 'caches.refresh' } },
        responses: { ...one, 201: { description: 'It was made.', schema: scheduleAnswerSchema } },
      },
      handle: replace,
    },
    {
      ...write,
      method: 'patch',
      path: ONE,
      body: 'json',
      api: {
        summary: 'Change some fields of a schedule',
        operationId: 'patchSchedule',
        problems: [...CHECKED, 'SCHEDULE_NOT_FOUND', 'VERSION_MISMATCH'],
        tag,
        params: scheduleIdSchema,
        body: patchSchema,
        headers,
        example: { cron: '0 3 * * *' },
        responses: one,
      },
      handle: patch,
    },
    {
      ...write,
      method: 'delete',
      path: ONE,
      body: 'none',
      api: {
        summary: 'Delete a schedule',
        operationId: 'deleteSchedule',
        problems: problems('remembers', 'SCHEDULE_NOT_FOUND', 'VERSION_MISMATCH'),
        tag,
        params: scheduleIdSchema,
        headers,
        responses: { 204: { description: 'It is gone; tasks it has submitted are not.' } },
      },
      handle: remove,
    },
    {
      ...write,
      method: 'post',
      path: `${ONE}/pause`,
      body: 'none',
      api: {
        summary: 'Pause a schedule',
        operationId: 'pauseSchedule',
        problems: [...CHECKED, 'SCHEDULE_NOT_FOUND', 'VERSION_MISMATCH'],
        tag,
        params: scheduleIdSchema,
        headers,
        responses: one,
      },
      handle: (req, res) => pause(req, res, true),
    },
    {
      ...write,
      method: 'post',
      path: `${ONE}/resume`,
      body: 'none',
      api: {
        summary: 'Resume a schedule; what was due meanwhile is not made up for',
        operationId: 'resumeSchedule',
        problems: [...CHECKED, 'SCHEDULE_NOT_FOUND', 'VERSION_MISMATCH'],
        tag,
        params: scheduleIdSchema,
        headers,
        responses: one,
      },
      handle: (req, res) => pause(req, res, false),
    },
    {
      ...write,
      method: 'post',
      path: `${ONE}/run`,
      body: 'none',
      api: {
        summary: 'Submit the task of a schedule now',
        operationId: 'runSchedule',
        problems: problems('submits', 'SCHEDULE_NOT_FOUND', 'CONCURRENT_CHANGE'),
        tag,
        params: scheduleIdSchema,
        responses: { 202: { description: 'The task is on its queue.', schema: ranSchema } },
      },
      handle: runNow,
    },
    {
      ...read,
      path: `${ONE}/next`,
      api: {
        summary: 'When a schedule is due next',
        operationId: 'getScheduleTimes',
        problems: problems('reads', 'SCHEDULE_NOT_FOUND'),
        tag,
        params: scheduleIdSchema,
        query: nextQuerySchema,
        responses: times,
      },
      handle: (req, res) => {
        const { count } = validated(nextQuerySchema, req.query);
        sendJson(res, 200, timesView(service.next(idOf(req), count)));
      },
    },
  ];
}
