import { ConnectionError } from '../../../../amqp';
import type { CanvasPublisher } from '../../../../celery/client';
import { TaskError } from '../../../../celery/errors';
import { canvas, PythonError, type TaskMeta } from '../../../../celery/protocol';
import type { ChordClaim, ChordParts, PartReturned } from '../../../../celery/results';
import { silentLogger } from '../../../../runtime';
import { ChordReturns, Errbacks, FailurePropagation, type Settling } from '../../../../workers/canvas';
import type { TaskContext } from '../../../../workers/registry';
import { countedIds, taskRequest } from './task-request';

const { s } = canvas;

type Publish = CanvasPublisher['publish'];

const away = new ConnectionError('BROKER_UNREACHABLE', 'away', { retryable: true });

/** The outside of a worker: one chord, whose last part comes back. */
class Outside {
  readonly published: string[] = [];
  readonly stored: TaskMeta[] = [];
  readonly done: string[] = [];
  returned: PartReturned[] = [];
  known: TaskMeta | null = null;
  /** Whose result `known` is; null: everybody's. */
  knownOf: string | null = null;
  publishing: () => Promise<void> = async () => undefined;

  readonly claim: { -readonly [Key in keyof ChordClaim]: ChordClaim[Key] } = {
    parts: [{ taskId: 'self', state: 'SUCCESS', result: 1 }],
    header: null,
    isRepeat: false,
    isBegunAgain: false,
    prolong: async () => true,
    fired: async () => void this.done.push('fired'),
    failed: async () => void this.done.push('failed'),
  };

  readonly chordParts: ChordParts = {
    onChordPartReturn: async () => this.returned.shift() ?? { kind: 'complete', claim: this.claim },
    addToChord: async () => undefined,
    orphans: async () => [],
  };

  readonly #publish: Publish = async ({ steps }, _routeName, repeat = (action) => action()) => {
    for (const step of steps) {
      if (step.kind !== 'task') continue;
      await repeat(async () => {
        await this.publishing();
        this.published.push(step.task);
      });
    }
    return [];
  };

  readonly deps = {
    services: {
      canvas: { publish: this.#publish },
      chordParts: this.chordParts,
      reader: {
        getTaskMeta: async (id: string) => (this.knownOf === null || this.knownOf === id ? this.known : null),
      },
      results: { storeResult: async (_address: unknown, meta: TaskMeta) => void this.stored.push(meta) },
      storesResults: true,
      clock: { now: () => 0 },
      logger: silentLogger(),
    },
    taskOf: () => undefined,
    newId: countedIds(),
    idsOf: () => countedIds(),
  };

  /** Tries as often as need be, as long as it may help. */
  readonly settling: Settling = {
    request: taskRequest(),
    repeat: async (action) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await action();
        } catch (error) {
          if (attempt === 3 || !(error as { retryable?: boolean }).retryable) throw error;
        }
      }
    },
    context: () => ({}) as TaskContext,
  };

  giveBack(body: canvas.Canvas = canvas.set(s('t.body'), { task_id: 'body' })): Promise<void> {
    const part = { taskId: 'self', groupId: 'g', groupIndex: 0, state: 'SUCCESS', result: 1 };
    const failures = new FailurePropagation(this.deps, new Errbacks(this.deps));
    return new ChordReturns(this.deps, failures).giveBack([{ part, body }], this.settling);
  }
}

describe('returning the part of a chord', () => {
  it('fires the body when the chord is complete, and then says so', async () => {
    const outside = new Outside();
    await outside.giveBack();
    expect([outside.published, outside.done]).toEqual([['t.body'], ['fired']]);
  });

  it('does no more where others are still to come', async () => {
    const outside = new Outside();
    outside.returned = [{ kind: 'counted' }];
    await outside.giveBack();
    expect([outside.published, outside.done]).toEqual([[], []]);
  });

  it('waits for the worker that has the right to fire, and takes over from one that died', async () => {
    const outside = new Outside();
    outside.returned = [
      { kind: 'claimed', forMs: 5 },
      { kind: 'claimed', forMs: 5 },
    ];
    await outside.giveBack();
    expect(outside.published).toEqual(['t.body']);
  });

  it('fires nothing a second time where the body already has a result', async () => {
    const outside = new Outside();
    outside.claim.isRepeat = true;
    outside.known = {
      status: 'SUCCESS',
      result: 1,
      traceback: null,
      children: [],
      date_done: null,
      task_id: 'body',
    };
    await outside.giveBack();
    expect([outside.published, outside.done]).toEqual([[], ['fired']]);
  });

  const succeeded = (task_id: string): TaskMeta => ({
    status: 'SUCCESS',
    result: 1,
    traceback: null,
    children: [],
    date_done: null,
    task_id,
  });

  it('of a group that a dead worker had begun to send, the others are sent', async () => {
    const outside = new Outside();
    outside.claim.isRepeat = true;
    outside.known = succeeded('one');
    outside.knownOf = 'one';
    const member = (name: string): canvas.Canvas => canvas.set(s(`t.${name}`), { task_id: name });
    await outside.giveBack(canvas.group(member('one'), member('two'), member('three')));
    expect([outside.published, outside.done]).toEqual([['t.two', 't.three'], ['fired']]);
  });

  it('takes a state that a replaced task has left behind for no sign of its body', async () => {
    const outside = new Outside();
    outside.claim.isRepeat = true;
    outside.known = { ...succeeded('body'), status: 'RETRY', result: null };
    await outside.giveBack(canvas.set(s('t.body'), { task_id: 'body', replaced_task_nesting: 1 }));
    expect(outside.published).toEqual(['t.body']);
  });

  it('fires the body of a chord begun again where only a failure of what went before is known of it', async () => {
    const outside = new Outside();
    outside.claim.isBegunAgain = true;
    outside.known = { ...succeeded('body'), status: 'FAILURE', result: null };
    await outside.giveBack();
    expect(outside.published).toEqual(['t.body']);
  });

  it('leaves the body to the worker that took the right over', async () => {
    const outside = new Outside();
    outside.claim.prolong = async () => false;
    await outside.giveBack();
    expect([outside.published, outside.done, outside.stored]).toEqual([[], [], []]);
  });

  it('prolongs the right before each attempt', async () => {
    const outside = new Outside();
    const prolonged: number[] = [];
    outside.claim.prolong = async () => prolonged.push(1) > 0;
    let failures = 2;
    outside.publishing = async () => {
      failures -= 1;
      if (failures >= 0) throw away;
    };
    await outside.giveBack();
    expect([prolonged.length, outside.published]).toEqual([3, ['t.body']]);
  });

  it('gives up without failing the chord when the worker stops: the next one to return the part goes on', async () => {
    const outside = new Outside();
    outside.publishing = () => Promise.reject(away);
    await expect(outside.giveBack()).rejects.toBe(away);
    expect([outside.done, outside.stored]).toEqual([[], []]);
  });

  it('fails a body that nobody can send', async () => {
    const outside = new Outside();
    outside.publishing = () => Promise.reject(new TaskError('TASK_INVALID', 'no'));
    await outside.giveBack();
    expect(outside.stored).toMatchObject([
      {
        task_id: 'body',
        status: 'FAILURE',
        result: { exc_type: 'ChordError', exc_message: [expect.stringContaining('Callback error: ')] },
      },
    ]);
    expect(outside.done).toEqual(['fired']);
  });

  it('fails the body of a header that failed, and the chord the body is a member of', async () => {
    const outside = new Outside();
    const result = { exc_type: 'ValueError', exc_message: ['bad'], exc_module: 'builtins' };
    outside.claim.parts = [{ taskId: 'self', state: 'FAILURE', result }];
    outside.returned = [{ kind: 'complete', claim: outside.claim }, { kind: 'counted' }];
    const outer = { chord: s('t.outer'), group_id: 'outer', group_index: 0 };
    await outside.giveBack(canvas.set(s('t.body'), { task_id: 'body', ...outer }));
    expect(outside.stored).toMatchObject([
      { task_id: 'body', result: { exc_message: ["Dependency self raised ValueError('bad')"] } },
    ]);
    expect(outside.done).toEqual(['failed']);
    expect(outside.returned).toEqual([]);
  });

  it('does nothing where the result backend counts no chords', async () => {
    const outside = new Outside();
    const deps = { ...outside.deps, services: { ...outside.deps.services, chordParts: undefined } };
    const failures = new FailurePropagation(deps, new Errbacks(deps));
    const part = { taskId: 'self', groupId: 'g', groupIndex: 0, state: 'SUCCESS', result: 1 };
    await new ChordReturns(deps, failures).giveBack([{ part, body: s('t.body') }], outside.settling);
    expect(outside.published).toEqual([]);
  });
});

describe('a failure that goes on', () => {
  const spread = async (chain: readonly canvas.Canvas[], stores = true) => {
    const outside = new Outside();
    const failures = new FailurePropagation(outside.deps, new Errbacks(outside.deps));
    const error = new PythonError('ValueError', 'builtins', ['bad']);
    const owed = await failures.failChain(chain, error, stores, outside.settling);
    const before = outside.stored.map(({ task_id }) => task_id);
    for (const { onReturned } of owed) await onReturned?.();
    return {
      before,
      stored: outside.stored.map(({ task_id }) => task_id),
      owed: owed.map(({ part }) => part.taskId),
    };
  };
  const step = (id: string, options = {}): canvas.Canvas =>
    canvas.set(s(`t.${id}`), { task_id: id, ...options });
  const member = { chord: s('t.body'), group_id: 'g', group_index: 1 };

  it('reaches each step that has an id', async () => {
    expect(await spread([step('c'), s('t.unfrozen'), step('b')])).toMatchObject({
      stored: ['c', 'b'],
      owed: [],
    });
  });

  it('tells the chord a step is in, also where results are ignored', async () => {
    expect(await spread([step('b', member)])).toMatchObject({ stored: ['b'], owed: ['b'] });
    expect(await spread([step('b', member)], false)).toMatchObject({ stored: [], owed: ['b'] });
  });

  it('is stored of a step in a chord once its part is returned: Celery returns none of a step that has failed', async () => {
    expect(await spread([step('c'), step('b', member)])).toMatchObject({ before: ['c'], stored: ['c', 'b'] });
  });

  it('reaches the body of a chord among the steps', async () => {
    const next = canvas.set(canvas.chord([s('t.h')], step('body')), { task_id: 'header' });
    expect((await spread([next])).stored).toEqual(['header', 'body']);
  });

  it('reaches each task of a group, and returns its part, not one of the group', async () => {
    const last = canvas.set(canvas.group(step('x', member), step('y', member)), {
      task_id: 'group',
      ...member,
    });
    expect(await spread([last])).toMatchObject({ stored: ['group', 'x', 'y'], owed: ['x', 'y'] });
  });
});
