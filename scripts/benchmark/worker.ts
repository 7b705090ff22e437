import type { ChannelModel } from 'amqplib';
import { startChild } from './child';
import { preload, timeBetweenMarks } from './load-queue';
import type { Plan } from './plan';
import { cpuSeconds } from './process-tree';
import type { Progress } from './progress';
import { median } from './statistics';
import type { Subjects } from './subjects';
import { RATE_ROWS, type RateRowName, type WorkerRow, type WorkerSubject } from './worker-rows';

export interface WorkerFigure {
  readonly perSecond: number;
  /** Processor time of the whole process tree for a task, in microseconds: it moves less than the rate on a busy machine. */
  readonly cpuMicros: number;
}

/** By row, then by subject. */
export type WorkerFigures = Partial<
  Record<RateRowName, Partial<Record<WorkerSubject['name'], WorkerFigure>>>
>;

const TIMEOUT_MS = 600_000;
const MARKS = 'bench.marks';

export interface WorkerBench {
  readonly connection: ChannelModel;
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly progress: Progress;
}

const measure = async (bench: WorkerBench, row: WorkerRow, subject: WorkerSubject): Promise<WorkerFigure> => {
  const { connection, subjects, plan } = bench;
  const { task, results, prefetch } = row;
  const queue = `bench.worker.${subject.name}`;
  const tasks = Math.ceil(plan.tasks * row.share);
  await preload(connection, {
    ...{ queue, marks: MARKS, task, tasks, ignoreResult: results === 'off' },
    warmUpTasks: Math.ceil(plan.warmUpTasks * row.share),
    replyTo: results === 'rpc' ? await subjects.declareReplies(connection) : '',
  });
  let pid = 0;
  const cpuAt = { start: 0, end: 0 };
  const { elapsedMs } = await timeBetweenMarks(connection, MARKS, TIMEOUT_MS, (mark) => {
    cpuAt[mark] = cpuSeconds(pid);
  });
  const worker = await startChild(subjects.worker(subject, { queue, results, prefetch }), (started) => {
    pid = started;
  });
  try {
    const perSecond = (tasks * 1000) / (await elapsedMs);
    return { perSecond, cpuMicros: ((cpuAt.end - cpuAt.start) * 1e6) / tasks };
  } finally {
    await worker.stop();
  }
};

const told = ({ perSecond, cpuMicros }: WorkerFigure): string =>
  `${Math.round(perSecond)}/s (${Math.round(cpuMicros)} µs)`;

/** Interleaved rounds, so that what else the machine does touches all subjects alike. */
export const benchWorker = async (
  bench: WorkerBench,
  names: readonly RateRowName[],
): Promise<WorkerFigures> => {
  const figures: WorkerFigures = {};
  for (const name of names) {
    const row = RATE_ROWS[name];
    const samples = new Map<WorkerSubject['name'], WorkerFigure[]>();
    for (let round = 1; round <= bench.plan.rounds; round += 1) {
      for (const subject of row.subjects) {
        bench.progress.step(`worker, ${row.title}: ${subject.name}, round ${round}`);
        const sample = await measure(bench, row, subject);
        bench.progress.measured(told(sample));
        samples.set(subject.name, [...(samples.get(subject.name) ?? []), sample]);
      }
    }
    const medians = Object.fromEntries(
      [...samples].map(([subject, rounds]) => [
        subject,
        {
          perSecond: median(rounds.map((round) => round.perSecond)),
          cpuMicros: median(rounds.map((round) => round.cpuMicros)),
        },
      ]),
    );
    figures[name] = medians;
    const cells = Object.entries(medians).map(([subject, figure]) => `${subject} ${told(figure)}`);
    bench.progress.row(`worker, ${row.title}: ${cells.join(', ')}`);
  }
  return figures;
};
