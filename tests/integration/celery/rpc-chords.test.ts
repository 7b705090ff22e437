import { setTimeout as sleep } from 'node:timers/promises';
import { type Canvas, type CanvasResult, canvas, type TaskMeta } from '../../../celery';
import { CHORD_QUEUE, RpcChordCounter } from '../../../celery/chords';
import { Cleanup } from '../../support/cleanup';
import { RpcNode, type RpcNodeOptions } from '../../support/rpc-node';
import { ToyWorker } from '../../support/toy-worker';
import { until } from '../../support/until';
import { createVhost, type TestVhost } from '../../support/vhost';

const { chord, s } = canvas;
const WAIT = { timeoutMs: 30_000 };
const CHORDS = process.env.FULL === '1' ? 1000 : 100;
const echo = (value: unknown): Canvas => s('echo', value);
const body = (taskId: string): Canvas => canvas.set(s('echo'), { task_id: taskId });

describe('chords on rpc, joined by gateways', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let worker: ToyWorker;
  let release: () => void = () => undefined;
  let held: Promise<void>;

  const hold = (): void => {
    held = new Promise((resolve) => {
      release = resolve;
    });
  };

  beforeAll(async () => {
    vhost = await createVhost('rpc-joins');
    cleanup.does(() => vhost.drop());
    worker = await cleanup.stops(
      new ToyWorker(vhost.url, {
        echo: ([value]) => value,
        held: async ([value]) => {
          await held;
          return value;
        },
        slow: async ([value]) => {
          await sleep(Number(value) * 20);
          return value;
        },
        fail: ([text]) => {
          throw new Error(String(text));
        },
      }),
    );
    await worker.start();
  });

  const nodes: RpcNode[] = [];

  afterEach(async () => {
    release();
    await Promise.all(nodes.splice(0).map((each) => each.stop()));
  });
  afterAll(() => cleanup.run());

  const node = async (options: RpcNodeOptions = {}): Promise<RpcNode> => {
    const started = await RpcNode.start(vhost.url, options);
    nodes.push(started);
    return started;
  };
  const end = (at: RpcNode, taskId: string): Promise<TaskMeta | null> =>
    at.results.waitForResult(taskId, WAIT);
  const idOf = (result: CanvasResult | null): string => (result as CanvasResult).id;

  it('two replicas: the first stops with the joins open, the second runs each body once', async () => {
    hold();
    const [first, second] = [await node(), await node()];
    const ids: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const header = [echo(index), s('held', index), echo(-index - 1)];
      const { result } = await (index % 2 === 0 ? first : second).canvases.apply(chord(header, s('echo')));
      ids.push(idOf(result));
    }
    await until(() => first.joiner.open + second.joiner.open === 30, WAIT);
    // The broker gives them all to one of the two.
    const [active, standby] = first.joiner.open > 0 ? [first, second] : [second, first];
    expect(standby.joiner.open).toBe(0);
    await active.stop();
    await until(() => standby.joiner.open === 30, WAIT);
    release();
    const metas = await Promise.all(ids.map((id) => end(standby, id)));
    expect(metas.map((meta) => meta?.result)).toEqual(ids.map((_, index) => [index, index, -index - 1]));
    expect(ids.map((id) => worker.runs.get(id))).toEqual(ids.map(() => 1));
    await until(() => standby.joiner.open === 0, WAIT);
  });

  it('chords of all kinds, with failures, while gateways die one after the other: each body runs once or not at all', async () => {
    const client = await node({ joins: false });
    const replicas = [await node(), await node()];
    const chords = Array.from({ length: CHORDS }, (_, index) => {
      const fails = index % 5 === 4;
      const header = [echo(index), s('slow', index % 7), fails ? s('fail', 'no') : echo('ok')];
      const inner = index % 3 === 0 ? [...header, chord([echo(1), echo(2)], s('echo'))] : header;
      return { fails, bodyId: `crash-${index}`, sig: chord(inner, body(`crash-${index}`)) };
    });
    const work: { submitting: boolean } = { submitting: true };
    const crashes = (async () => {
      for (let count = 0; work.submitting || count < 4; count += 1) {
        await sleep(150);
        await replicas.shift()?.crash();
        replicas.push(await node());
      }
    })();
    for (const { sig } of chords) await client.canvases.apply(sig);
    work.submitting = false;
    await crashes;
    for (const { fails, bodyId } of chords) {
      const meta = await end(client, bodyId);
      expect([bodyId, meta?.status, worker.runs.get(bodyId) ?? 0]).toEqual([
        bodyId,
        fails ? 'FAILURE' : 'SUCCESS',
        fails ? 0 : 1,
      ]);
    }
    await until(() => replicas.every(({ joiner }) => joiner.open === 0), WAIT);
    expect(chords.filter(({ fails, bodyId }) => !fails && worker.runs.get(bodyId) !== 1)).toEqual([]);
  });

  it('a gateway that dies between the body and its acknowledgement leaves nothing for the next to repeat', async () => {
    let dying: RpcNode | undefined;
    dying = await node({
      afterJoinPublish: async () => {
        await dying?.connections.stop();
        throw new Error('it never learned');
      },
    });
    const group = canvas.group(body('member-1'), body('member-2'));
    // The connection may go before the last confirm has come.
    await dying.canvases.apply(chord([echo(1), echo(2)], group)).catch(() => undefined);
    await until(() => worker.runs.has('member-1') || worker.runs.has('member-2'), WAIT);
    const next = await node();
    const metas = await Promise.all(['member-1', 'member-2'].map((id) => end(next, id)));
    expect(metas.map((meta) => meta?.result)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await until(() => next.joiner.open === 0, WAIT);
    expect([worker.runs.get('member-1'), worker.runs.get('member-2')]).toEqual([1, 1]);
  });

  it('a chord begun twice, as by a redelivered step, has one body', async () => {
    hold();
    const here = await node();
    const counter = new RpcChordCounter({ publisher: here.publisher, topology: here.topology });
    const plan = canvas.planCanvas(
      chord([echo(1), s('held', 2)], body('body-of-two')),
      {},
      { newId: () => crypto.randomUUID(), replyTo: here.results.replyTo },
    );
    for (const step of plan.steps) if (step.kind === 'chord') await counter.begin(step);
    await here.canvases.publish(plan);
    release();
    await expect(end(here, 'body-of-two')).resolves.toMatchObject({ result: [1, 2] });
    for (const step of plan.steps) if (step.kind === 'chord') await counter.begin(step);
    await until(async () => (await here.topology.queueStatus(CHORD_QUEUE))?.messageCount === 0, WAIT);
    await until(() => here.joiner.open === 0, WAIT);
    expect(worker.runs.get('body-of-two')).toBe(1);
  });

  it('header results that had to leave memory are read back from the stream', async () => {
    hold();
    const before = await node();
    const header = Array.from({ length: 20 }, (_, index) => echo(index));
    const { tasks } = await before.canvases.apply(chord([...header, s('held', 'last')], body('of-many')));
    const [first] = tasks;
    await end(before, first?.taskId ?? '');
    await before.stop();
    // Two minutes later, with room for three results.
    const after = await node({ maxEntries: 3, now: () => Date.now() + 120_000 });
    await until(() => after.joiner.open === 1, WAIT);
    release();
    const meta = await end(after, 'of-many');
    expect(meta?.result).toEqual([...Array.from({ length: 20 }, (_, index) => index), 'last']);
  });

  it('a header task nobody hears of again fails the chord when results are not kept any longer', async () => {
    const here = await node({ maxAgeSeconds: 3 });
    await here.canvases.apply(chord([echo(1), canvas.set(echo(2), { queue: 'nobody' })], body('expired')));
    const meta = await end(here, 'expired');
    expect(meta).toMatchObject({ status: 'FAILURE', result: { exc_type: 'ChordError' } });
    expect(JSON.stringify(meta?.result)).toContain('no result within 3 seconds');
  });

  it('a body that can go nowhere fails with a callback error', async () => {
    const here = await node();
    const nowhere = canvas.set(s('echo'), {
      task_id: 'nowhere',
      exchange: 'no-such-exchange',
      routing_key: 'k',
    });
    await here.canvases.apply(chord([echo(1)], nowhere));
    const meta = await end(here, 'nowhere');
    expect(meta).toMatchObject({ status: 'FAILURE', result: { exc_type: 'ChordError' } });
    expect(JSON.stringify(meta?.result)).toContain('Callback error: ');
  });

  it('what only a worker could start is refused before anything is sent', async () => {
    const here = await node();
    const silent = canvas.set(echo(1), { ignore_result: true, task_id: 'silent' });
    await expect(here.canvases.apply(chord([silent], s('echo')))).rejects.toMatchObject({
      code: 'CANVAS_UNSUPPORTED',
    });
    const badErrback = canvas.linkError(echo(1), chord([echo(1)], s('echo')));
    await expect(here.canvases.apply(badErrback)).rejects.toMatchObject({ code: 'CANVAS_UNSUPPORTED' });
    expect(here.joiner.open).toBe(0);
  });
});
