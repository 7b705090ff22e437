import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, memoryOf } from '../process-tree';
import { quantile } from '../statistics';
import { SUBMIT_QUEUE } from '../subjects';
import { emptySubmissions } from '../submit';
import type { GatewayBench } from './bench';
import { type ReadyGateway, startReadyGateway } from './ready-gateway';
import { recordTasks, unfinishedOf } from './recorded-tasks';

export interface HistoryFigures {
  /** Tasks that the gateway remembers. */
  readonly tasks: number;
  /** The slowest of the queries asked. */
  readonly listP95Ms: number;
  readonly slowestQuery: string;
  /** With all tasks remembered and the queries answered. */
  readonly rssMiB: number;
  /** Records that a start has read back, and the seconds from the process' start until it was ready. */
  readonly replayed: number;
  readonly replaySeconds: number;
  /** Processor time of that start for a record, in microseconds. */
  readonly replayCpuMicros: number;
}

const QUERIES = [
  'limit=50',
  'limit=50&state=FAILURE',
  'limit=50&name=reports.*&state=!SUCCESS',
  'limit=50&text=customer-77',
  'limit=50&error=bank',
  'limit=50&sort=-updated_at&name=mail.send',
  'limit=50&facets=state,name',
] as const;

const POLL_MS = 50;
const KNOWN_TIMEOUT_MS = 300_000;

interface Page {
  readonly items: readonly unknown[];
  readonly facets?: { readonly total: number };
}

const ask = async ({ port, headers }: ReadyGateway, query: string): Promise<Page> => {
  const answer = await fetch(`http://127.0.0.1:${port}/rabbitmq/tasks?${query}`, { headers });
  if (answer.status !== 200)
    throw new Error(`${query} was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Page;
};

/** p95 of each query, in milliseconds. */
const timeQueries = async (gateway: ReadyGateway, times: number): Promise<ReadonlyMap<string, number>> => {
  const p95s = new Map<string, number>();
  for (const query of QUERIES) {
    const { items } = await ask(gateway, query);
    if (items.length === 0) throw new Error(`${query} finds nothing`);
    const samples: number[] = [];
    for (let i = 0; i < times; i += 1) {
      const startedAt = performance.now();
      await ask(gateway, query);
      samples.push(performance.now() - startedAt);
    }
    p95s.set(query, quantile(samples, 0.95));
  }
  return p95s;
};

/** Follows the streams until it knows all tasks and of each the end. */
const untilKnown = async (gateway: ReadyGateway, tasks: number): Promise<void> => {
  const deadline = performance.now() + KNOWN_TIMEOUT_MS;
  for (;;) {
    const unfinished = await ask(gateway, 'limit=1&facets=state&state=QUEUED');
    const all = await ask(gateway, 'limit=1&facets=state');
    const queued = unfinished.facets?.total ?? 0;
    if (all.facets?.total === tasks && queued === unfinishedOf(tasks)) return;
    if (performance.now() > deadline)
      throw new Error(`the gateway knows ${all.facets?.total} of ${tasks} tasks`);
    await sleep(POLL_MS);
  }
};

/** What a history costs: to search, to hold, and to read back at a start. */
export const benchHistory = async (bench: GatewayBench): Promise<HistoryFigures> => {
  const { connection, subjects, plan, progress } = bench;
  const { historyTasks: tasks, replayRecords } = plan;
  const options = subjects.gateway(SUBMIT_QUEUE, { TASK_HISTORY_LIMIT: String(tasks) });
  progress.step(`gateway, history: ${tasks} tasks`);
  await emptySubmissions(connection);
  const gateway = await startReadyGateway(options, subjects.apiKey);
  let listed: Pick<HistoryFigures, 'listP95Ms' | 'slowestQuery' | 'rssMiB'>;
  try {
    // The streams are the gateway's to declare.
    await recordTasks(connection, tasks);
    await untilKnown(gateway, tasks);
    const p95s = await timeQueries(gateway, plan.listQueries);
    const [slowestQuery, listP95Ms] = [...p95s].reduce((most, each) => (each[1] > most[1] ? each : most));
    listed = { listP95Ms, slowestQuery, rssMiB: memoryOf(gateway.pid).rssMiB };
    for (const [query, ms] of p95s) progress.measured(`p95 ${ms.toFixed(1)} ms of ?${query}`);
    progress.measured(`RSS ${Math.round(listed.rssMiB)} MiB`);
  } finally {
    await gateway.stop();
  }
  progress.step(`gateway, replay: ${replayRecords} records`);
  await recordTasks(connection, replayRecords / 2 - tasks);
  const again = await startReadyGateway(options, subjects.apiKey);
  const replayCpuMicros = (cpuSeconds(again.pid) * 1_000_000) / replayRecords;
  await again.stop();
  progress.measured(
    `${(again.startMs / 1000).toFixed(1)} s (${Math.round(replayCpuMicros)} µs a record, the start included)`,
  );
  return { tasks, ...listed, replayed: replayRecords, replaySeconds: again.startMs / 1000, replayCpuMicros };
};
