import { join } from 'node:path';
import { CelerySession } from '../support/celery-session';
import type { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { startTypeScriptWorker } from '../support/processes';
import { REPOSITORY } from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const QUEUE = 'poisoned';
const DELIVERY_LIMIT = 3;
const POISON = 0;
const HEALTHY = 20;
const PATIENT = { timeoutMs: 90_000 };

const cleanup = new Cleanup();
afterAll(() => cleanup.run(), 60_000);

/** Takes one message at a time: what is prefetched beside a poisonous one is delivered as often as that. */
const startWorker = (brokerUrl: string, ledger: Ledger): Promise<TestProcess> =>
  startTypeScriptWorker({
    brokerUrl,
    queues: [QUEUE],
    concurrency: 1,
    env: { ...ledger.env, CELERY_WORKER_PREFETCH_MULTIPLIER: '1' },
    extraArgs: [
      ...['--tasks', join(REPOSITORY, 'tests', 'fixtures', 'tasks', 'poison-tasks.js')],
      '--without-mingle',
    ],
  });

test('a task that kills its worker each time runs as often as its quorum queue allows, is a dead letter then, and the others end', async () => {
  const vhost = await createVhost('poison');
  cleanup.does(() => vhost.drop());
  const ledger = await cleanup.stops(Ledger.create());
  const session = await cleanup.stops(CelerySession.open(vhost.url));
  await session.declareWithDeadLetters(QUEUE, {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DELIVERY_LIMIT,
  });
  const dead: string[] = [];
  await session.take(`${QUEUE}.dead`, ({ properties }) => dead.push(properties.correlationId ?? ''));
  const poison = await session.submit('poison.kills', [POISON], { queue: QUEUE });
  const healthy: string[] = [];
  for (let number = 1; number <= HEALTHY; number += 1)
    healthy.push(await session.submit('poison.healthy', [number], { queue: QUEUE }));

  // As its supervisor would: another worker for each that dies.
  let deaths = 0;
  let over: boolean = false;
  const supervised = (async () => {
    while (!over) {
      // It may die before it has said that it is ready.
      const worker = await cleanup.stops(startWorker(vhost.url, ledger)).catch(() => undefined);
      if (worker !== undefined) await until(() => over || worker.exited, PATIENT);
      if (!over) deaths += 1;
    }
  })();
  const metas = await Promise.all(healthy.map((id) => session.result(id, PATIENT.timeoutMs)));
  await until(() => dead.length > 0, { ...PATIENT, what: 'the dead letter' });
  over = true;
  await supervised;

  expect(dead).toEqual([poison]);
  const runs = await ledger.runs();
  expect(runs.filter(({ number }) => number === POISON)).toHaveLength(DELIVERY_LIMIT + 1);
  expect(deaths).toBe(DELIVERY_LIMIT + 1);
  expect(metas.map(({ status, result }) => [status, result])).toEqual(
    healthy.map((_, at) => ['SUCCESS', at + 1]),
  );
}, 180_000);
