import { randomUUID } from 'node:crypto';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { runPython } from '../support/python';
import { until } from '../support/until';

/**
 * What Celery's client sends with a result backend that counts no chords. Here it has one that does, so that both kinds of
 * workers can read the results.
 */
const unlock = (header: string, body: string): string => `
from canvas_app import add, collect, errback, fail, total
from celery import chain, group
from celery.backends.base import Backend
header = ${header}.apply_async()
body = ${body}
body.freeze()
Backend.fallback_chord_unlock(app.backend, header, body, interval=0.2)
answer(body.id)
`;

describe.each(['p', 't'] as const)('celery.chord_unlock as Celery sends it, run on %s', (queue) => {
  let rig: CanvasRig;
  beforeAll(async () => {
    rig = await CanvasRig.open(`canvas-unlock-${queue}`);
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
  }, 90_000);
  afterAll(() => rig.close());

  const ended = async (header: string, body: string) => {
    const id = await runPython<string>(rig.app, unlock(header, body));
    const { status, result } = await rig.meta(id);
    return { id, status, result };
  };

  it('waits for the header, gives the body its results in order, and runs it once', async () => {
    const key = randomUUID();
    // Asked for once at least while the second member is still to come.
    const header =
      'group(add.s(1, 2).set(queue="t"), add.s(3, 4).set(queue="p", countdown=1.5), add.s(5, 6).set(queue="p"))';
    const { status, result } = await ended(header, `collect.s("${key}").set(queue="${queue}")`);
    expect([status, result]).toEqual(['SUCCESS', [3, 7, 11]]);
    expect(await rig.notes(key)).toEqual(['body']);
  });

  it('takes a chain among the members by its last step', async () => {
    const header =
      'group(chain(add.s(1, 2).set(queue="t"), add.s(10).set(queue="p")), add.s(3, 4).set(queue="p"))';
    const { status, result } = await ended(header, `total.s().set(queue="${queue}")`);
    expect([status, result]).toEqual(['SUCCESS', 20]);
  });

  it('fails the body of a header that failed, and calls its errback', async () => {
    const key = randomUUID();
    const header = 'group(add.s(1, 2).set(queue="t"), fail.s().set(queue="p"))';
    const body = `total.s().set(queue="${queue}").on_error(errback.s("${key}").set(queue="p"))`;
    const { id, status, result } = await ended(header, body);
    expect([status, result]).toEqual([
      'FAILURE',
      {
        exc_type: 'ChordError',
        exc_module: 'celery.exceptions',
        // Celery names the member only where its backend joins results one by one, which Redis does not.
        exc_message: [expect.stringMatching(/^(Dependency \S+ raised )?ValueError\('bad'\)$/)],
      },
    ]);
    const notes = await until(
      async () => {
        const found = await rig.notes(key);
        return found.length > 0 && found;
      },
      { timeoutMs: 30_000 },
    );
    expect(notes).toEqual([`errback ${id}`]);
  });

  it('fails the body when it has asked as often as it may', async () => {
    const header = 'group(add.s(1, 2).set(queue="t"), add.s(3, 4).set(queue="nobody"))';
    const body = `total.s().set(queue="${queue}")`;
    const source = unlock(header, body).replace('interval=0.2', 'interval=0.2, max_retries=2');
    const { status, result } = await rig.meta(await runPython<string>(rig.app, source));
    expect(status).toBe('FAILURE');
    expect(JSON.stringify(result)).toContain('chord_unlock could not be retried: MaxRetriesExceededError(');
  });
});
