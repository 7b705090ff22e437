import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { type Canvas, canvas, defineTask } from '../../../workers';
import { testRedisUrl } from '../../support/redis';
import { until } from '../../support/until';
import { WorkerBench } from './worker-bench';

const { chain, chord, group, link, linkError, s } = canvas;

/** A task as a worker gets it: what follows it is in its options, with all ids. */
type Message = Extract<canvas.PlanStep, { readonly kind: 'task' }>;

/** How many tasks end that a message leads to. */
interface Ends {
  readonly first: number;
  readonly again: number;
}

describe('chords on Redis that are begun again, as by a worker killed between beginning one and acknowledging', () => {
  const redis = new Redis(testRedisUrl());
  let bench: WorkerBench;
  /** Runs of bodies and errbacks by key, and of everything else. */
  const runs = new Map<string, unknown[]>();
  const replacements = new Map<string, Canvas>();
  const note = (key: unknown, value: unknown): void => {
    runs.set(String(key), [...(runs.get(String(key)) ?? []), value]);
  };

  beforeAll(async () => {
    bench = await WorkerBench.open('chords-again');
    const tasks = [
      defineTask('a.step', { params: ['value'], acksLate: true }, (_context, { value }) => value),
      defineTask('a.part', { params: ['before', 'value'], acksLate: true }, (_context, { value }) => value),
      defineTask('a.fail', { params: ['*args'], acksLate: true }, () => {
        throw new RangeError('bad');
      }),
      defineTask('a.fail-once', { params: ['before', 'key'], acksLate: true }, (_context, { key }) => {
        note(key, 'run');
        if (runs.get(String(key))?.length === 1) throw new RangeError('bad');
        return 'again';
      }),
      defineTask('a.replace', { params: ['key'], acksLate: true }, (context, { key }) =>
        context.replace(replacements.get(String(key)) as Canvas),
      ),
      defineTask('a.extend', { params: ['before'], acksLate: true }, async (context) => {
        await context.addToChord(s('a.part', 0, 'added'));
        return 'extended';
      }),
      defineTask('a.body', { params: ['values', 'key'] }, (_context, { values, key }) => {
        note(key, values);
        return values;
      }),
      defineTask('a.errback', { params: ['id', 'key'] }, (_context, { key }) => note(key, 'errback')),
    ];
    const worker = { resultBackend: testRedisUrl(), concurrency: 4 };
    await Promise.all([bench.startWorker(tasks, worker), bench.startWorker(tasks, worker)]);
  });
  afterAll(async () => {
    await bench.close();
    await redis.quit();
  });

  const messageOf = (sig: Canvas): Message => {
    const { steps } = canvas.planCanvas(sig, {}, { newId: randomUUID, replyTo: 'replies' });
    const [first] = steps;
    if (first?.kind !== 'task') throw new Error('the canvas starts with a task');
    return first;
  };
  const replacing = (replacement: Canvas): Message => {
    const key = randomUUID();
    replacements.set(key, replacement);
    return messageOf(s('a.replace', key));
  };
  const ENDS = new Set(['task-succeeded', 'task-failed']);
  const ended = (): number => bench.events.filter(({ type }) => ENDS.has(type)).length;
  /** Has something done, and waits until so many tasks more have ended: those that follow from it. */
  const following = async (count: number, act: () => Promise<unknown>): Promise<void> => {
    const before = ended();
    await act();
    await until(() => ended() >= before + count, { timeoutMs: 30_000, what: `${count} more ends` });
  };
  const send = ({ task, args, options }: Message): Promise<string> =>
    bench.submit(task, args, canvas.taskOptionsOf(options));
  /** A task that is replaced tells of no end. */
  const received = (): number =>
    bench.events.filter(({ type, name }) => type === 'task-received' && name !== 'a.replace').length;
  /** Nothing is left in the queue, and all that was taken from it has ended. */
  const idle = (): Promise<unknown> =>
    until(async () => (await bench.depth('celery')) === 0 && received() === ended(), {
      timeoutMs: 30_000,
      what: 'the end of all tasks',
    });
  /** The message comes three times, each time when all that followed from the last one is over. */
  const threeTimes = async (message: Message, ends: Ends): Promise<void> => {
    for (const count of [ends.first, ends.again, ends.again]) await following(count, () => send(message));
    await idle();
  };
  const nextGroup = ({ options }: Message): string =>
    String((options.chain as readonly Canvas[]).at(-1)?.options.task_id);
  const key = (groupId: string, name: string): string => `celery-taskset-meta-${groupId}${name}`;

  test('a chain whose step comes again when the chord is over: the header runs again, the body does not', async () => {
    const body = randomUUID();
    const message = messageOf(
      chain(s('a.step', 0), group(s('a.part', 1), s('a.part', 2)), s('a.body', body)),
    );
    await threeTimes(message, { first: 4, again: 3 });
    expect(runs.get(body)).toEqual([[1, 2]]);
    const groupId = nextGroup(message);
    expect(await redis.get(key(groupId, '.c'))).toBe('done');
    expect(await redis.exists(key(groupId, '.s'), key(groupId, '.j'), key(groupId, '.d'))).toBe(0);
  });

  test('a step that comes several times at once: one body', async () => {
    const starts = Array.from({ length: 15 }, () => {
      const body = randomUUID();
      const header = group(s('a.part', 1), chain(s('a.part', 2), s('a.part', 3)));
      const message = messageOf(chain(s('a.step', 0), header, s('a.body', body)));
      return { body, message };
    });
    const thrice = starts.flatMap(({ message }) => [message, message, message]);
    // Of each three steps with three header tasks each, and one body.
    await following(starts.length * 13, () => Promise.all(thrice.map(send)));
    await idle();
    const bodies = starts.map(({ body }) => body);
    expect(bodies.map((body) => runs.get(body))).toEqual(bodies.map(() => [[1, 3]]));
  });

  test('a step that Python runs again forgets that the chord is over; the body still does not run again', async () => {
    const body = randomUUID();
    const message = messageOf(
      chain(s('a.step', 0), group(s('a.part', 1), s('a.part', 2)), s('a.body', body)),
    );
    await following(4, () => send(message));
    // celery/backends/redis.py `set_chord_size`
    const groupId = nextGroup(message);
    await redis.del(key(groupId, '.c'));
    await redis.set(key(groupId, '.s'), 2, 'EX', 60);
    await following(3, () => send(message));
    await idle();
    expect(runs.get(body)).toEqual([[1, 2]]);
  });

  test('a chord that a Celery before 5.7 has fired leaves no trace but its result', async () => {
    const body = randomUUID();
    const message = messageOf(
      chain(s('a.step', 0), group(s('a.part', 1), s('a.part', 2)), s('a.body', body)),
    );
    await following(4, () => send(message));
    const groupId = nextGroup(message);
    await redis.del(key(groupId, '.c'), key(groupId, '.t'));
    await following(3, () => send(message));
    await idle();
    expect(runs.get(body)).toEqual([[1, 2]]);
  });

  test('a step with another id, as of a task that is replayed, begins the chord anew', async () => {
    const body = randomUUID();
    const message = messageOf(
      chain(s('a.step', 0), group(s('a.part', 1), s('a.part', 2)), s('a.body', body)),
    );
    for (const task_id of [randomUUID(), randomUUID()]) {
      await following(4, () => send({ ...message, options: { ...message.options, task_id } }));
      await until(async () => (await redis.get(key(nextGroup(message), '.c'))) === 'done');
    }
    expect(runs.get(body)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test.each<readonly [string, Ends, (body: string) => Message]>([
    [
      'replaced itself by a chord',
      { first: 3, again: 2 },
      (body) => replacing(chord([s('a.part', 0, 1), s('a.part', 0, 2)], s('a.body', body))),
    ],
    [
      'replaced itself by a chain with a chord in it',
      { first: 4, again: 3 },
      (body) => replacing(chain(s('a.step', 0), group(s('a.part', 1), s('a.part', 2)), s('a.body', body))),
    ],
    [
      'has a chord as its callback',
      { first: 4, again: 3 },
      (body) => messageOf(link(s('a.step', 0), chord([s('a.part', 1), s('a.part', 2)], s('a.body', body)))),
    ],
    [
      'is followed by a chord whose body is one',
      { first: 6, again: 3 },
      (body) =>
        messageOf(
          chain(
            s('a.step', 0),
            group(s('a.part', 0), s('a.part', 0)),
            chord([s('a.part', 1), s('a.part', 2)], s('a.body', body)),
          ),
        ),
    ],
  ])('a task that %s comes again: one body', async (_, ends, made) => {
    const body = randomUUID();
    await threeTimes(made(body), ends);
    expect(runs.get(body)).toEqual([[1, 2]]);
  });

  test('a step with another id begins a chord anew that failed', async () => {
    const [body, errbacks, once] = [randomUUID(), randomUUID(), randomUUID()];
    const last = linkError(s('a.body', body), s('a.errback', errbacks));
    const message = messageOf(chain(s('a.step', 0), group(s('a.fail-once', once), s('a.part', 2)), last));
    const anew = (): Promise<string> =>
      send({ ...message, options: { ...message.options, task_id: randomUUID() } });
    await following(4, anew);
    await idle();
    expect(runs.get(errbacks)).toEqual(['errback']);
    await following(4, anew);
    await idle();
    expect(runs.get(body)).toEqual([['again', 2]]);
    expect(runs.get(errbacks)).toEqual(['errback']);
  });

  test('a chord that failed is not failed again: its errback is called once', async () => {
    const errbacks = randomUUID();
    const body = linkError(s('a.body', randomUUID()), s('a.errback', errbacks));
    const message = messageOf(chain(s('a.step', 0), group(s('a.part', 1), s('a.fail')), body));
    await threeTimes(message, { first: 4, again: 3 });
    expect(runs.get(errbacks)).toEqual(['errback']);
  });

  test('a header task that adds another one to its chord comes again: the chord waits for one more, not for two', async () => {
    const body = randomUUID();
    const message = messageOf(chain(s('a.step', 0), group(s('a.extend'), s('a.part', 2)), s('a.body', body)));
    // What a worker that is killed after it has said so, and before it has sent the member, leaves behind.
    const [extend] = headerOf(message);
    const added = `celery-gateway-chords-added:${nextGroup(message)}`;
    await redis.sadd(added, `member 1 of ${extend?.options.task_id} 0 0`);
    await redis.incr(key(nextGroup(message), '.t'));
    await following(5, () => send(message));
    await idle();
    expect(runs.get(body)).toEqual([[expect.anything(), expect.anything(), expect.anything()]]);
    expect(new Set((runs.get(body) as unknown[][])[0])).toEqual(new Set(['extended', 'added', 2]));
  });
});

/** The header of the chord that follows a task. */
const headerOf = ({ options }: Message): readonly Canvas[] => {
  const next = (options.chain as readonly Canvas[]).at(-1) as Canvas;
  if (!canvas.isChord(next)) throw new Error('a chord follows');
  const { header } = next.kwargs;
  return 'task' in header ? header.kwargs.tasks : header;
};
