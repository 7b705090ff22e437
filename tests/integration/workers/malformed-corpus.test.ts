import { CelerySession, REPLIES } from '../../support/celery-session';
import type { TestProcess } from '../../support/child-process';
import { Cleanup } from '../../support/cleanup';
import { Ledger } from '../../support/ledger';
import { type Random, SHAPES, seeded, type WireMessage } from '../../support/malformed-messages';
import { startTypeScriptWorker } from '../../support/processes';
import { until } from '../../support/until';
import { createVhost, rabbitmqctl, type TestVhost } from '../../support/vhost';

const COUNT = process.env.FULL === '1' ? 10_000 : 1_000;
const SEED = 20_240_611;
/** Published at a time. */
const BATCH = 100;
const PATIENCE_MS = 120_000 + COUNT * 30;

describe('malformed messages between good tasks', () => {
  const cleanup = new Cleanup();
  let vhost: TestVhost;
  let session: CelerySession;
  let ledger: Ledger;
  let worker: TestProcess;
  /** Message ids of the dead letters, as often as they came. */
  const dead: string[] = [];

  beforeAll(async () => {
    vhost = await createVhost('corpus');
    cleanup.does(() => vhost.drop());
    ledger = await cleanup.stops(Ledger.create());
    session = await cleanup.stops(CelerySession.open(vhost.url));
    await session.declareWithDeadLetters('celery');
    await session.take('celery.dead', ({ properties }) => dead.push(properties.messageId ?? ''));
    worker = await cleanup.stops(startTypeScriptWorker({ brokerUrl: vhost.url, env: ledger.env }));
  }, 60_000);

  afterAll(() => cleanup.run(), 60_000);

  const publish = ({ content, properties }: WireMessage, messageId: string): Promise<void> =>
    session.publish({
      exchange: '',
      routingKey: 'celery',
      content,
      properties: { ...properties, messageId },
    });

  /** A bad message and a good task; each is known by its number. */
  const publishPair = async (number: number, random: Random): Promise<void> => {
    const shape = SHAPES[number % SHAPES.length];
    if (shape === undefined) throw new Error('there is no shape');
    await publish(shape.make(`bad-${number}`, random), `bad-${number}`);
    await session.submit('interop.record', [number], { taskId: `good-${number}` });
  };

  /** Ready and unacknowledged messages of the worker's queue. */
  const left = async (): Promise<number> => {
    const lines = (await rabbitmqctl('list_queues', '-p', vhost.name, 'name', 'messages')).split('\n');
    const line = lines.find((each) => each.startsWith('celery\t'));
    return Number(line?.split('\t')[1]);
  };

  const numbers = Array.from({ length: COUNT }, (_, number) => number);
  const fateOf = (number: number): string | undefined => SHAPES[number % SHAPES.length]?.fate;

  it('all are accounted for, every good task runs once, and it is the same worker to the end', async () => {
    const random = seeded(SEED);
    const pid = worker.pid;

    for (let from = 0; from < COUNT; from += BATCH) {
      await Promise.all(numbers.slice(from, from + BATCH).map((number) => publishPair(number, random)));
    }
    await until(() => numbers.every((number) => session.end(`good-${number}`)), {
      timeoutMs: PATIENCE_MS,
      what: 'the end of every good task',
    });
    await until(async () => (await left()) === 0, { timeoutMs: 60_000, what: 'an empty queue' });
    const buried = new Set(dead);
    const unaccounted = numbers.filter(
      (number) => !buried.has(`bad-${number}`) && session.end(`bad-${number}`) === undefined,
    );
    const escaped = numbers.filter((number) => fateOf(number) === 'dead' && !buried.has(`bad-${number}`));

    expect(unaccounted.map(nameOf)).toEqual([]);
    expect(escaped.map(nameOf)).toEqual([]);
    expect(dead).toHaveLength(buried.size);
    expect(numbers.filter((number) => session.end(`good-${number}`)?.status !== 'SUCCESS')).toEqual([]);
    const runs = (await ledger.runs()).map(({ number }) => number);
    expect(runs.sort((a, b) => a - b)).toEqual(numbers);
    expect(worker.pid).toBe(pid);
    expect(worker.exited).toBe(false);
  }, 600_000);

  it('results nobody can receive hold nothing up', async () => {
    const ids = Array.from({ length: 50 }, (_, number) => `gone-${number}`);
    const before = (await ledger.runs()).length;
    for (const taskId of ids)
      await session.submit('interop.record', [1], { taskId, replyTo: 'no-such-queue' });
    const after = await session.submit('interop.record', [2], { replyTo: REPLIES });
    expect((await session.result(after)).status).toBe('SUCCESS');
    await until(async () => (await ledger.runs()).length === before + ids.length + 1, { what: 'all runs' });
    await until(async () => (await left()) === 0, { what: 'an empty queue' });
  }, 60_000);
});

const nameOf = (number: number): string => `${number}: ${SHAPES[number % SHAPES.length]?.name}`;
