import { runChild } from '../child';
import { cpuSeconds } from '../process-tree';
import { median } from '../statistics';
import { compiled, SUBMIT_QUEUE } from '../subjects';
import type { BatchLoad } from '../subjects/batch-load';
import type { PublishReport } from '../subjects/raw-confirms';
import { emptySubmissions } from '../submit';
import type { GatewayBench } from './bench';
import { type ReadyGateway, startReadyGateway } from './ready-gateway';

export const BATCH_SUBJECTS = ['raw', 'rawRecorded', 'json', 'ndjson'] as const;
type BatchSubject = (typeof BATCH_SUBJECTS)[number];

/** Medians over the rounds. */
export type BatchFigures = Readonly<Record<BatchSubject, PublishReport>>;

const WINDOW = 1_000;
const TASKS_PER_REQUEST = 1_000;
/** With one connection the gateway would rest while an answer and the next request are on their way. */
const JSON_CONNECTIONS = 4;

const raw = async ({ brokerUrl, plan }: GatewayBench, stream: string): Promise<PublishReport> => {
  const args = [brokerUrl, SUBMIT_QUEUE, stream, String(plan.batchTasks), String(WINDOW)];
  return JSON.parse(await runChild([compiled('subjects/raw-confirms.js'), ...args])) as PublishReport;
};

const load = async (gateway: ReadyGateway, form: BatchLoad['form'], tasks: number): Promise<number> => {
  const { port, headers } = gateway;
  const asked: BatchLoad = {
    port,
    headers,
    form,
    tasks,
    tasksPerRequest: Math.min(TASKS_PER_REQUEST, tasks),
    connections: form === 'json' ? JSON_CONNECTIONS : 1,
  };
  return Number(await runChild([compiled('subjects/batch-load-main.js'), JSON.stringify(asked)]));
};

const overHttp = async (bench: GatewayBench, form: BatchLoad['form']): Promise<PublishReport> => {
  const { batchTasks } = bench.plan;
  const gateway = await startReadyGateway(bench.subjects.gateway(SUBMIT_QUEUE), bench.subjects.apiKey);
  try {
    await load(gateway, form, batchTasks / 2);
    const before = cpuSeconds(gateway.pid);
    const elapsedMs = await load(gateway, form, batchTasks);
    const cpuMicros = ((cpuSeconds(gateway.pid) - before) * 1_000_000) / batchTasks;
    return { perSecond: (batchTasks * 1000) / elapsedMs, cpuMicros };
  } finally {
    await gateway.stop();
  }
};

const measure = async (bench: GatewayBench, subject: BatchSubject): Promise<PublishReport> => {
  await emptySubmissions(bench.connection);
  if (subject === 'json' || subject === 'ndjson') return overHttp(bench, subject);
  return raw(bench, subject === 'raw' ? '' : await bench.subjects.declareReplies(bench.connection));
};

/** Batches over HTTP beside amqplib's confirms with the same window, headers and, in one of them, record. */
export const benchBatch = async (bench: GatewayBench): Promise<BatchFigures> => {
  const reports: Record<BatchSubject, PublishReport[]> = { raw: [], rawRecorded: [], json: [], ndjson: [] };
  for (let round = 1; round <= bench.plan.rounds; round += 1) {
    for (const subject of BATCH_SUBJECTS) {
      bench.progress.step(`gateway, batch: ${subject}, round ${round}`);
      const report = await measure(bench, subject);
      bench.progress.measured(`${Math.round(report.perSecond)}/s (${Math.round(report.cpuMicros)} µs)`);
      reports[subject].push(report);
    }
  }
  const figure = (subject: BatchSubject): PublishReport => ({
    perSecond: median(reports[subject].map(({ perSecond }) => perSecond)),
    cpuMicros: median(reports[subject].map(({ cpuMicros }) => cpuMicros)),
  });
  return {
    raw: figure('raw'),
    rawRecorded: figure('rawRecorded'),
    json: figure('json'),
    ndjson: figure('ndjson'),
  };
};
