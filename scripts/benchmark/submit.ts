import type { ChannelModel } from 'amqplib';
import { runChild, startChild } from './child';
import type { Plan } from './plan';
import type { Progress } from './progress';
import { median } from './statistics';
import {
  compiled,
  type HttpSubject,
  STREAMS,
  SUBMIT_QUEUE,
  SUBMIT_SUBJECTS,
  type Subjects,
  type SubmitSubject,
} from './subjects';
import type { Load } from './subjects/http-load';
import type { LoadReport } from './subjects/http-load-main';
import { untilReady } from './until-ready';

export interface SubmitFigure {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** By number of connections, then by subject. */
export type SubmitFigures = Record<string, Record<SubmitSubject, SubmitFigure>>;

export interface SubmitBench {
  readonly connection: ChannelModel;
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly progress: Progress;
}

/**
 * Before the clock runs, at most; a quick run has less. V8 compiles what is hot for some seconds, and the more code a request
 * passes the longer: without this the first seconds of a process would be measured, which nobody's service lives in.
 */
const WARM_UP_MS = 5_000;

const BODY = JSON.stringify({ task_name: 'tasks.add', args: [2, 3], kwargs: {} });

/** Tasks and their records pile up during a measurement; each one starts with none. */
export const emptySubmissions = async (connection: ChannelModel): Promise<void> => {
  const channel = await connection.createChannel();
  await channel.assertQueue(SUBMIT_QUEUE, { durable: true });
  await channel.purgeQueue(SUBMIT_QUEUE);
  for (const stream of Object.values(STREAMS)) await channel.deleteQueue(stream);
  await channel.close();
};

/** One server under the load of so many connections. @throws Error when it refused a task. */
export const measureSubmit = async (
  bench: SubmitBench,
  subject: HttpSubject,
  connections: number,
): Promise<LoadReport> => {
  await emptySubmissions(bench.connection);
  const { child: options, path, headers, body = BODY } = await bench.subjects.submit(subject);
  const server = await startChild(options);
  try {
    if (subject === 'gateway') await untilReady(Number(server.ready[1]));
    const load: Load = {
      port: Number(server.ready[1]),
      connections,
      warmUpMs: Math.min(WARM_UP_MS, bench.plan.submitSeconds * 1_250),
      durationMs: bench.plan.submitSeconds * 1000,
      path,
      headers,
      body,
    };
    const report = JSON.parse(
      await runChild([compiled('subjects/http-load-main.js'), JSON.stringify(load)]),
    ) as LoadReport;
    bench.progress.measured(`${Math.round(report.perSecond)}/s, p50 ${report.p50Ms.toFixed(2)} ms`);
    if (report.failed > 0) throw new Error(`${subject} refused ${report.failed}: ${report.firstFailure}`);
    return report;
  } finally {
    await server.stop();
  }
};

const medianFigure = (reports: readonly LoadReport[]): SubmitFigure => ({
  perSecond: median(reports.map((report) => report.perSecond)),
  p50Ms: median(reports.map((report) => report.p50Ms)),
  p99Ms: median(reports.map((report) => report.p99Ms)),
});

/** Submissions over HTTP: the gateway between a server that does nothing and one that does the least. */
export const benchSubmit = async (bench: SubmitBench): Promise<SubmitFigures> => {
  const figures: SubmitFigures = {};
  for (const connections of bench.plan.connections) {
    const reports: Record<SubmitSubject, LoadReport[]> = { bare: [], naive: [], gateway: [] };
    for (let round = 1; round <= bench.plan.rounds; round += 1) {
      for (const subject of SUBMIT_SUBJECTS) {
        bench.progress.step(`submit, ${connections} connections: ${subject}, round ${round}`);
        reports[subject].push(await measureSubmit(bench, subject, connections));
      }
    }
    figures[String(connections)] = {
      bare: medianFigure(reports.bare),
      naive: medianFigure(reports.naive),
      gateway: medianFigure(reports.gateway),
    };
  }
  return figures;
};
