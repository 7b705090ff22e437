import { setTimeout as sleep } from 'node:timers/promises';
import { type Canvas, type CanvasResult, canvas, type TaskMeta } from '../../celery';
import { readStream } from '../../celery/streams';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';
import { RpcNode } from '../support/rpc-node';
import { createVhost, type TestVhost } from '../support/vhost';

const { chain, chord, group, s, set, si } = canvas;
const FULL = process.env.FULL === '1';
const CANVASES = FULL ? 2000 : 120;
const KILLS = FULL ? 10 : 2;

const add = (...args: readonly number[]): Canvas => s('interop.add', ...args);
const pause = si('interop.sleep', 0.01);
const fail = s('interop.fail', 'no');

interface Case {
  readonly sig: Canvas;
  readonly last: string;
  readonly value: unknown;
  /** Ids of bodies, each of which is to be published once. */
  readonly bodies: readonly string[];
}

/** Chains and chords of six shapes, each second of the last two failing. */
const caseOf = (index: number): Case => {
  const [last, body] = [`last-${index}`, `body-${index}`];
  const end = (sig: Canvas): Canvas => set(sig, { task_id: last });
  const echo = s('interop.echo');
  const fails = index % 12 >= 6;
  const shapes: readonly (() => Omit<Case, 'last'>)[] = [
    () => ({ sig: chain(add(index, 1), add(2), end(add(3))), value: index + 6, bodies: [] }),
    () => ({
      sig: chord([add(index, 1), pause, add(1, 1)], end(echo)),
      value: [index + 1, 0.01, 2],
      bodies: [last],
    }),
    () => ({
      sig: chain(add(index, 0), group(add(1), add(2)), set(echo, { task_id: body }), end(echo)),
      value: [index + 1, index + 2],
      bodies: [body],
    }),
    () => ({
      sig: chord([chain(add(1, 1), group(add(1), add(2)), set(echo, { task_id: body })), pause], end(echo)),
      value: [[3, 4], 0.01],
      bodies: [body, last],
    }),
    () => ({
      sig: chord([add(index, 1), fails ? fail : pause], end(echo)),
      value: fails ? 'ChordError' : [index + 1, 0.01],
      bodies: fails ? [] : [last],
    }),
    () => ({
      sig: chain(add(index, 1), fails ? si('interop.fail', 'no') : pause, group(echo, echo), end(echo)),
      value: fails ? 'ValueError' : [0.01, 0.01],
      bodies: fails ? [] : [last],
    }),
  ];
  const shape = shapes[index % shapes.length] as () => Omit<Case, 'last'>;
  return { last, ...shape() };
};

describe('canvases on rpc while Python workers and gateways are killed', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let client: RpcNode;

  beforeAll(async () => {
    vhost = await createVhost('rpc-canvases');
    cleanup.does(() => vhost.drop());
    client = await RpcNode.start(vhost.url, { joins: false });
    cleanup.does(() => client.stop());
  });

  afterAll(() => cleanup.run());

  const worker = (name: string): Promise<TestProcess> =>
    cleanup.stops(
      startPythonWorker({
        brokerUrl: vhost.url,
        pool: 'solo',
        name: `${name}@%h`,
        extraArgs: ['--without-mingle'],
      }),
    );
  const gateway = async (): Promise<RpcNode> => {
    const started = await RpcNode.start(vhost.url);
    cleanup.does(() => started.stop());
    return started;
  };

  const kill = async (): Promise<void> => {
    const workers = [await worker('first'), await worker('second')];
    const gateways = [await gateway(), await gateway()];
    for (let round = 0; round < KILLS; round += 1) {
      await sleep(500);
      await gateways.shift()?.crash();
      await workers.shift()?.stop('SIGKILL');
      gateways.push(await gateway());
      workers.push(await worker(`round-${round}`));
    }
  };

  /** How often each task was published with a record: by a client or a gateway, not by a worker. */
  const published = async (): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>();
    await readStream({
      connection: client.connections.consume,
      streamName: client.records.streamName,
      sinceMs: 0,
      logger: client.logger,
      onEntry: ({ headers }) => {
        const id = String(headers.id);
        counts.set(id, (counts.get(id) ?? 0) + 1);
        return false;
      },
    });
    return counts;
  };

  const outcome = (meta: TaskMeta | null): unknown => {
    if (meta?.status === 'SUCCESS') return meta.result;
    return (meta?.result as { readonly exc_type?: string } | undefined)?.exc_type ?? 'nothing heard';
  };

  it(
    'every one ends as Python alone would end it, and no body is published twice',
    async () => {
      const cases = Array.from({ length: CANVASES }, (_, index) => caseOf(index));
      const killing = kill();
      const results: CanvasResult[] = [];
      for (const { sig } of cases) {
        const { result } = await client.canvases.apply(sig);
        results.push(result as CanvasResult);
      }
      await killing;
      for (const { last, value } of cases) {
        const meta = await client.results.waitForResult(last, { timeoutMs: 60_000 });
        expect([last, outcome(meta)]).toEqual([last, value]);
      }
      const counts = await published();
      const bodies = cases.flatMap((each) => each.bodies);
      expect(bodies.filter((id) => counts.get(id) !== 1)).toEqual([]);
      expect(results.length).toBe(CANVASES);
    },
    FULL ? 600_000 : 120_000,
  );
});
