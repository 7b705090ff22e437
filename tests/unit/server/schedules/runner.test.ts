import { QueueError } from '../../../../amqp';
import type { TaskSubmission } from '../../../../celery';
import { silentLogger } from '../../../../runtime';
import { GatewayError } from '../../../../server/errors';
import {
  ScheduleBook,
  ScheduleRunner,
  ScheduleService,
  type Stored,
  TickFiring,
} from '../../../../server/schedules';
import type { Submitter } from '../../../../server/tasks';
import { SharedLog } from '../../../support/shared-log';

const START = Date.parse('2026-01-01T00:00:00Z');
const LEASE_MS = 15_000;
const BODY = {
  interval_seconds: 60,
  missed: 'skip',
  missed_limit: 10,
  grace_seconds: 60,
  overlap: 'allow',
  paused: false,
  task: { task_name: 'tasks.add', args: [1, 2] },
} as const;

/** Several gateways on one log, one clock and one broker that remembers what it took. */
function fleet(size: number) {
  let elapsed = 0;
  const clock = { now: () => START + elapsed, monotonic: () => elapsed };
  const log = new SharedLog<Stored>();
  const taken: string[] = [];
  const sent: TaskSubmission[] = [];
  const finished = new Set<string>();
  const submit = { once: undefined as ((taskId: string) => Promise<void>) | undefined };
  let ids = 0;
  const offered: { callbacks: boolean } = { callbacks: true };
  const callbacks = {
    seal: (url: string, owner: string) => {
      if (!offered.callbacks) throw new GatewayError('CALLBACKS_DISABLED', 'none are told');
      return `${url} for ${owner}`;
    },
    headersFor: (url: string, owner: string) => ({ gateway_callback: callbacks.seal(url, owner) }),
  };
  const messaging = {
    submitTask: async (task: TaskSubmission) => {
      const taskId = task.options?.taskId ?? '';
      const { once } = submit;
      submit.once = undefined;
      sent.push(task);
      if (once !== undefined) await once(taskId);
      else taken.push(taskId);
      return { taskId, queue: 'celery', message: undefined as never };
    },
    findTask: async (taskId: string) => ({
      meta: finished.has(taskId)
        ? {
            task_id: taskId,
            status: 'SUCCESS',
            result: 3,
            traceback: null,
            children: [],
            date_done: null,
          }
        : null,
      task: taken.includes(taskId) ? ({ taskId, eventState: 'STARTED' } as never) : undefined,
    }),
  };
  const gateways = Array.from({ length: size }, (_, index) => {
    const book: ScheduleBook = new ScheduleBook(
      log.reader((key, stored) => runner.touch(book.onChange(key, stored))),
      clock,
    );
    const firing = new TickFiring({
      messaging,
      callbacks,
      replyTo: () => 'replies',
      clock,
      logger: silentLogger(),
    });
    const runner: ScheduleRunner = new ScheduleRunner({
      book,
      firing,
      clock,
      logger: silentLogger(),
      processId: `gateway-${index}`,
      leaseMs: LEASE_MS,
      recordRead: () => true,
    });
    const service = new ScheduleService({
      book,
      firing,
      checks: { check: () => undefined },
      callbacks,
      replyTo: () => 'replies',
      clock,
      newId: () => {
        ids += 1;
        return `id-${ids}`;
      },
      maxSchedules: 3,
    });
    return { runner, service, book };
  });
  const [first] = gateways;
  if (first === undefined) throw new Error('no gateway');
  const round = async (ms: number): Promise<void> => {
    elapsed += ms;
    await Promise.all(gateways.map(({ runner }) => runner.round()));
  };
  const outcomes = () => first.service.get('s').progress?.runs.map(({ outcome }) => outcome) ?? [];
  return { log, taken, sent, offered, finished, submit, gateways, first, round, outcomes };
}

const KEY = { id: 'nightly', role: 'submitter', scopes: new Set<string>() } as unknown as Submitter;
const calledBack = { ...BODY, task: { ...BODY.task, callback_url: 'https://example.com/done' } };
const callbackOf = (task: TaskSubmission | undefined) => task?.options?.headers?.gateway_callback;

describe('a callback_url in the task of a schedule', () => {
  it('goes with each task it submits, for the key that named it', async () => {
    const { gateways, first, round, sent } = fleet(2);
    await first.service.create('s', calledBack, KEY);
    await round(60_000);
    await round(60_000);
    await gateways[1]?.service.runNow('s');
    expect(sent.map(callbackOf)).toEqual(Array(3).fill('https://example.com/done for nightly'));
  });

  it('stays with that key when another one changes something else, and goes to the one that names another', async () => {
    const { first, round, sent } = fleet(1);
    const other = { ...KEY, id: 'other' } as Submitter;
    await first.service.create('s', calledBack, KEY);
    await first.service.change('s', (body) => ({ ...body, description: 'x' }), { by: other });
    await round(60_000);
    const task = { ...BODY.task, callback_url: 'https://example.com/else' };
    await first.service.change('s', (body) => ({ ...body, task }), { by: other });
    await round(60_000);
    expect(sent.map(callbackOf)).toEqual([
      'https://example.com/done for nightly',
      'https://example.com/else for other',
    ]);
  });

  it('is refused when the schedule is made, and given up where it is not offered any more: the task is sent', async () => {
    const { first, round, sent, offered } = fleet(1);
    await first.service.create('s', calledBack, KEY);
    offered.callbacks = false;
    await expect(first.service.create('t', calledBack, KEY)).rejects.toMatchObject({
      code: 'CALLBACKS_DISABLED',
    });
    await round(60_000);
    expect(sent.map(callbackOf)).toEqual([undefined]);
  });
});

describe('schedules on several gateways', () => {
  it('fire each tick once', async () => {
    const { gateways, first, round, taken } = fleet(3);
    await first.service.create('s', BODY, undefined);
    for (let minute = 0; minute < 5; minute += 1) await round(60_000);
    expect(taken).toHaveLength(5);
    expect(new Set(taken).size).toBe(5);
    for (const { service } of gateways) {
      expect(service.get('s').progress?.runs.map(({ taskId }) => taskId)).toEqual([...taken].reverse());
    }
  });

  it('a tick whose gateway died before it submitted is submitted by another one, once the claim has run out', async () => {
    const { first, round, taken, submit, outcomes } = fleet(2);
    await first.service.create('s', BODY, undefined);
    submit.once = () => Promise.reject(new QueueError('PUBLISH_UNKNOWN', 'the process died here'));
    await round(60_000);
    await round(LEASE_MS - 1000);
    expect(taken).toEqual([]);
    await round(1000);
    expect(taken).toHaveLength(1);
    expect(outcomes()).toEqual(['submitted']);
    await round(LEASE_MS);
    expect(taken).toHaveLength(1);
  });

  it('a tick whose gateway died after it submitted is not submitted again', async () => {
    const { first, round, taken, submit, outcomes } = fleet(2);
    await first.service.create('s', BODY, undefined);
    submit.once = async (taskId) => {
      taken.push(taskId);
      throw new QueueError('PUBLISH_UNKNOWN', 'the process died here');
    };
    await round(60_000);
    await round(LEASE_MS);
    await round(1000);
    expect(taken).toHaveLength(1);
    expect(outcomes()).toEqual(['submitted']);
  });

  it('what a broker refuses for good is a failed run with its code, and the next tick goes on', async () => {
    const { first, round, taken, submit } = fleet(1);
    await first.service.create('s', BODY, undefined);
    submit.once = () => Promise.reject(new QueueError('UNROUTABLE', 'no queue'));
    await round(60_000);
    await round(60_000);
    expect(taken).toHaveLength(1);
    const runs = first.service.get('s').progress?.runs.map(({ outcome, error }) => [outcome, error]);
    expect(runs).toEqual([
      ['submitted', null],
      ['failed', 'UNROUTABLE'],
    ]);
  });

  it('a tick passes by while the task before it runs, where that is asked for', async () => {
    const { first, round, taken, finished, outcomes } = fleet(2);
    await first.service.create('s', { ...BODY, overlap: 'skip' }, undefined);
    await round(60_000);
    await round(60_000);
    for (const taskId of taken) finished.add(taskId);
    await round(60_000);
    expect(outcomes()).toEqual(['submitted', 'skipped_overlap', 'submitted']);
  });

  it('paused ones do not fire, and resumed ones do not make up for it', async () => {
    const { first, round, taken } = fleet(2);
    await first.service.create('s', { ...BODY, missed: 'run_all' }, undefined);
    const terms = { by: undefined };
    await first.service.change('s', (body) => ({ ...body, paused: true }), terms);
    for (let minute = 0; minute < 3; minute += 1) await round(60_000);
    await first.service.change('s', (body) => ({ ...body, paused: false }), terms);
    await round(1000);
    expect(taken).toEqual([]);
    await round(60_000);
    expect(taken).toHaveLength(1);
  });

  it('deleted and made again, they fire tasks of other ids', async () => {
    const { first, round, taken } = fleet(1);
    await first.service.create('s', BODY, undefined);
    await round(60_000);
    await first.service.remove('s', undefined);
    await round(60_000);
    expect(taken).toHaveLength(1);
    await first.service.create('s', BODY, undefined);
    await round(60_000);
    expect(new Set(taken).size).toBe(2);
    expect(first.service.get('s').progress?.runs).toHaveLength(1);
  });
});

describe('changing schedules', () => {
  it('of two that change the same one at the same time, both changes are made, one on top of the other', async () => {
    const { gateways, first, log } = fleet(2);
    await first.service.create('s', BODY, undefined);
    let open: () => void = () => undefined;
    log.gate = new Promise((resolve) => {
      open = resolve;
    });
    const terms = { by: undefined };
    const changes = [
      gateways[0]?.service.change('s', (body) => ({ ...body, description: 'new' }), terms),
      gateways[1]?.service.change('s', (body) => ({ ...body, missed_limit: 5 }), terms),
    ];
    open();
    await Promise.all(changes);
    const { schedule } = first.service.get('s');
    expect(schedule).toMatchObject({ revision: 3, body: { description: 'new', missed_limit: 5 } });
  });

  it('of two that make one of the same id, one is told that it exists', async () => {
    const { gateways } = fleet(2);
    const made = await Promise.allSettled(
      gateways.map(({ service }) => service.create('s', BODY, undefined)),
    );
    expect(made.map(({ status }) => status).sort((a, b) => (a < b ? -1 : 1))).toEqual([
      'fulfilled',
      'rejected',
    ]);
  });

  it('on a state that is not the present one is refused', async () => {
    const { first } = fleet(1);
    await first.service.create('s', BODY, undefined);
    const change = first.service.change('s', (body) => body, { by: undefined, ifMatch: '"other.1"' });
    await expect(change).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
    await expect(first.service.remove('s', '"other.1"')).rejects.toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  it('makes no more than there may be', async () => {
    const { first } = fleet(1);
    for (const id of ['a', 'b', 'c']) await first.service.create(id, BODY, undefined);
    await expect(first.service.create('d', BODY, undefined)).rejects.toMatchObject({
      code: 'SCHEDULES_FULL',
    });
  });

  it('a run by hand is written down beside the ticks', async () => {
    const { first, taken, round } = fleet(1);
    await first.service.create('s', { ...BODY, paused: true }, undefined);
    const taskId = await first.service.runNow('s');
    await round(60_000);
    expect(taken).toEqual([taskId]);
    expect(first.service.get('s').progress?.runs).toMatchObject([
      { tick: null, taskId, outcome: 'submitted' },
    ]);
  });
});
