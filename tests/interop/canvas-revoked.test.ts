import { randomUUID } from 'node:crypto';
import { ConfirmPublisher, Topology } from '../../amqp';
import {
  type Canvas,
  type CanvasResult,
  canvas,
  type GroupResult,
  type TaskMeta,
  TaskResults,
} from '../../celery';
import { ControlClient } from '../../celery/control';
import { celeryQueue, LamportClock } from '../../celery/protocol';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { runPython } from '../support/python';
import { until } from '../support/until';

const { chain, chord, group, linkError, s, set, si } = canvas;

/** `p` is the Python worker, `t` the TypeScript one. */
type Owner = 'p' | 't';
const NODES = { p: 'python@rig', t: 'typescript@rig' } as const;
/** Python alone is the reference of all others. */
const MIXES: readonly (readonly [Owner, Owner])[] = [
  ['p', 't'],
  ['t', 'p'],
  ['t', 't'],
];

const on = (queue: string, task: string, ...args: readonly unknown[]): Canvas =>
  set(s(`canvas.${task}`, ...args), { queue });

describe('revoked and expired members of canvases run by Python and TypeScript workers, on Redis', () => {
  let rig: CanvasRig;
  let topology: Topology;
  let control: ControlClient;
  let results: TaskResults;

  beforeAll(async () => {
    rig = await CanvasRig.open('canvas-revoked');
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
    const { session } = rig;
    const { logger } = session;
    const connection = await session.connect();
    topology = new Topology({ connection, logger });
    const publisher = await session.use(new ConfirmPublisher({ connection, logger }));
    const clock = new LamportClock();
    const connections = { consume: connection };
    control = await session.use(
      new ControlClient({ connections, publisher, clock, timeoutMs: 20_000, logger }),
    );
    results = new TaskResults({
      results: rig.results,
      revoke: (task_id, options) => told('revoke', { task_id, ...options }, Object.values(NODES)),
    });
  }, 90_000);
  afterAll(() => rig.close());

  const told = async (method: string, args: object, destination: readonly string[]): Promise<void> => {
    const { replies } = await control.broadcast(method, args as Record<string, unknown>, { destination });
    expect(new Set(Object.keys(replies))).toEqual(new Set(destination));
  };

  /** A queue that nobody serves until it is released, so that what waits in it is revoked for sure before it runs. */
  class Held {
    readonly #queues = new Map<Owner, string>();

    static async open(): Promise<Held> {
      const held = new Held();
      for (const owner of ['p', 't'] as const) {
        const name = `held-${owner}-${randomUUID()}`;
        await topology.ensureQueue(celeryQueue(name).queue);
        held.#queues.set(owner, name);
      }
      return held;
    }

    by(owner: Owner): string {
      return this.#queues.get(owner) as string;
    }

    /** Resolves when all that waited has been answered for. */
    async release(): Promise<void> {
      for (const [owner, queue] of this.#queues) await told('add_consumer', { queue }, [NODES[owner]]);
      await until(
        async () => {
          const counts = await Promise.all(
            [...this.#queues.values()].map((queue) => topology.queueStatus(queue)),
          );
          return counts.every((each) => each?.messageCount === 0);
        },
        { timeoutMs: 30_000 },
      );
    }
  }

  const text = ({ status, result }: TaskMeta): string =>
    `${status} ${JSON.stringify(result).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')}`;
  const ends = async (...parts: readonly (CanvasResult | undefined)[]): Promise<readonly string[]> =>
    Promise.all(parts.map(async (part) => text(await rig.meta(String(part?.id)))));

  type Scenario = (member: Owner, others: Owner) => Promise<unknown>;

  /** What of a canvas is stored, and whether its errback was called. */
  const chordOf = async (
    header: readonly Canvas[],
    others: Owner,
    act: (result: CanvasResult) => Promise<void>,
  ): Promise<{ readonly stored: readonly string[]; readonly notes: readonly string[] }> => {
    const key = randomUUID();
    const body = linkError(on(others, 'collect', key), on(others, 'errback', key));
    const result = await rig.apply(chord(header, body));
    await act(result);
    const stored = await ends(result, ...(result.parent?.results ?? []));
    const notes = await until(
      async () => {
        const found = await rig.notes(key);
        return found.length > 0 && found;
      },
      { timeoutMs: 30_000, what: 'a body or an errback' },
    );
    return { stored, notes: notes.map((note) => note.replace(result.id, 'the body')) };
  };

  const scenarios: Readonly<Record<string, Scenario>> = {
    'a revoked member of a chord': async (member, others) => {
      const held = await Held.open();
      const header = [on(others, 'add', 1, 1), on(held.by(member), 'add', 2, 2)];
      return chordOf(header, others, async ({ parent }) => {
        await results.asyncResult(String(parent?.results?.[1]?.id)).revoke();
        await held.release();
      });
    },
    'the last step of a chain in a header, revoked': async (member, others) => {
      const held = await Held.open();
      const header = [on(others, 'add', 1, 1), chain(on(others, 'add', 2, 2), on(held.by(member), 'add', 3))];
      return chordOf(header, others, async ({ parent }) => {
        const last = parent?.results?.[1];
        await results.asyncResult(String(last?.id)).revoke();
        await held.release();
      });
    },
    'a member that ends because it is revoked while it runs': async (member, others) => {
      const header = [on(others, 'add', 1, 1), on(member, 'linger', 60)];
      const { stored, notes } = await chordOf(header, others, async ({ parent }) => {
        const id = String(parent?.results?.[1]?.id);
        const isRunning = async (): Promise<boolean> => {
          const { replies } = await control.broadcast(
            'query_task',
            { ids: [id] },
            { destination: [NODES[member]] },
          );
          return JSON.stringify(replies).includes('"active"');
        };
        await until(isRunning, { timeoutMs: 30_000, what: 'the member to run' });
        await results.asyncResult(id).revoke({ terminate: true, signal: 'SIGKILL' });
      });
      // "revoked" by the workers that hear of it first, "terminated" by the one that had it: as it comes, in Python too.
      return { stored: stored.map((end) => end.replace(/^REVOKED .*/, 'REVOKED')), notes };
    },
    'an expired member of a chord': async (member, others) => {
      const past = { expires: new Date(Date.now() - 60_000).toISOString() };
      return chordOf(
        [on(others, 'add', 1, 1), set(on(member, 'add', 2, 2), past)],
        others,
        async () => undefined,
      );
    },
    'an expired step of a chain': async (member, others) => {
      const past = { expires: new Date(Date.now() - 60_000).toISOString() };
      const key = randomUUID();
      const last = await rig.apply(
        chain(on(others, 'add', 1, 1), set(on(member, 'add', 2), past), on(others, 'collect', key)),
      );
      const [first, second] = await ends(last.parent?.parent ?? undefined, last.parent ?? undefined);
      const after = await rig.results.getTaskMeta(last.id);
      return { first, second, after, notes: await rig.notes(key) };
    },
    'a whole group, revoked': async (member, others) => {
      const held = await Held.open();
      const key = randomUUID();
      const members = [member, others].map((owner) =>
        set(si('canvas.collect', 1, key), { queue: held.by(owner) }),
      );
      const result = await rig.apply(group(members));
      await (results.from(result) as GroupResult).revoke();
      await held.release();
      return { stored: await ends(...(result.results ?? [])), notes: await rig.notes(key) };
    },
    'a whole chain, revoked': async (member, others) => {
      const held = await Held.open();
      const key = randomUUID();
      const [first, second] = [member, others].map((owner) =>
        set(si('canvas.collect', 1, key), { queue: held.by(owner) }),
      ) as [Canvas, Canvas];
      const last = await rig.apply(chain(first, second, si('canvas.collect', 1, key)));
      const result = results.from(last);
      if (result.results !== null) throw new Error('a chain ends in a task');
      await result.revokeChain();
      await held.release();
      const parts = [last.parent?.parent ?? undefined, last.parent ?? undefined, last];
      return { stored: await ends(...parts), notes: await rig.notes(key) };
    },
  };

  describe.each(Object.keys(scenarios))('%s', (name) => {
    const scenario = scenarios[name] as Scenario;
    let alone: unknown;
    beforeAll(async () => {
      alone = await scenario('p', 'p');
    }, 90_000);

    it('ends in a way that says REVOKED with Python alone', () => {
      expect(JSON.stringify(alone)).toContain('TaskRevokedError');
    });

    it.each(MIXES)('run by %s, all else by %s, as with Python alone', async (member, others) => {
      expect(await scenario(member, others)).toEqual(alone);
    });
  });

  it("a group and a chain that a Python caller revokes stay where they are in TypeScript's queues", async () => {
    const held = await Held.open();
    const key = randomUUID();
    const ids = await runPython<readonly string[]>(
      rig.app,
      `
from canvas_app import collect
from celery import chain, group
def held(queue):
    return collect.si(1, ${JSON.stringify(key)}).set(queue=queue)
together = group(held(${JSON.stringify(held.by('t'))}), held(${JSON.stringify(held.by('p'))})).apply_async()
row = chain(held(${JSON.stringify(held.by('t'))}), held("p")).apply_async()
together.revoke()
# A mailbox is read in order: who has answered this has heard that.
app.control.revoke([row.parent.id, row.id], reply=True, timeout=20, limit=2)
answer([each.id for each in together.results] + [row.parent.id, row.id])
`,
      90_000,
    );
    await held.release();
    const metas = await Promise.all(ids.map((id) => rig.meta(id)));
    expect(metas.map(({ status }) => status)).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'REVOKED']);
    expect(await rig.notes(key)).toEqual([]);
  });
});
