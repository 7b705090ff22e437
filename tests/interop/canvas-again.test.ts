import { randomUUID } from 'node:crypto';
import { ConfirmPublisher, Topology } from '../../amqp';
import { type Canvas, CeleryClient, canvas } from '../../celery';
import { NullResults } from '../../celery/results';
import { CanvasRig } from '../support/canvas/canvas-rig';
import { until } from '../support/until';

const { chain, group, s, set, si } = canvas;

type Owner = 'p' | 't';

describe('a step that begins a chord on Redis and comes again, Python and TypeScript workers by turns', () => {
  let rig: CanvasRig;
  let client: CeleryClient;

  beforeAll(async () => {
    rig = await CanvasRig.open('canvas-again');
    const { session } = rig;
    const { logger } = session;
    const connection = await session.connect();
    client = new CeleryClient({
      publisher: await session.use(new ConfirmPublisher({ connection, logger })),
      topology: new Topology({ connection, logger }),
      results: new NullResults(),
      replyTo: 'nobody',
      defaultQueue: 't',
      createMissingQueues: true,
      serializer: 'json',
      origin: 'gen1@test',
      logger,
    });
    await Promise.all([rig.startPython(), rig.startTypeScript()]);
  }, 90_000);
  afterAll(() => rig.close());

  const noted = (key: string, count: number): Promise<unknown> =>
    until(async () => (await rig.notes(key)).length >= count, {
      timeoutMs: 30_000,
      what: `${count} of ${key}`,
    });

  /** Bodies after the step has run on one worker and then, the chord being over, on another one. */
  const bodiesOf = async (first: Owner, second: Owner, header: Owner): Promise<number> => {
    const [members, bodies, after] = [randomUUID(), randomUUID(), randomUUID()];
    const member = (): Canvas => set(si('canvas.collect', 1, members), { queue: header });
    const body = set(s('canvas.collect', bodies), { queue: 't' });
    const { steps } = canvas.planCanvas(
      chain(set(s('canvas.add', 1, 2), { queue: first }), group(member(), member()), body),
      {},
      { newId: randomUUID, replyTo: 'nobody' },
    );
    const [step] = steps;
    if (step?.kind !== 'task') throw new Error('a chain starts with a task');
    const send = (queue: Owner): Promise<unknown> => {
      const options = canvas.taskOptionsOf({ ...step.options, queue });
      return client.submit({ name: step.task, args: step.args, options });
    };
    await send(first);
    await noted(bodies, 1);
    await send(second);
    await noted(members, 4);
    // A second body would be sent about now: what is sent there later has run before the bodies are counted.
    const last = [header, 't'].map((queue) => set(si('canvas.collect', 1, after), { queue }));
    for (const sig of last) await rig.apply(sig);
    await noted(after, 2);
    const topology = await rig.session.topology();
    await until(async () => {
      const counts = await Promise.all(['p', 't'].map((queue) => topology.queueStatus(queue)));
      return counts.every((each) => each?.messageCount === 0);
    });
    return (await rig.notes(bodies)).length;
  };

  it('Celery alone forgets that the chord is over, and runs the body once more', async () => {
    expect(await bodiesOf('p', 'p', 'p')).toBe(2);
  });

  it.each<readonly [first: Owner, second: Owner, header: Owner]>([
    ['t', 't', 't'],
    ['t', 't', 'p'],
    ['t', 'p', 't'],
    ['p', 't', 't'],
    ['p', 't', 'p'],
  ])('first on %s, then on %s, its header on %s: one body', async (first, second, header) => {
    expect(await bodiesOf(first, second, header)).toBe(1);
  });
});
