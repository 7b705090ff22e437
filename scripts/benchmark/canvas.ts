import type { ChannelModel } from 'amqplib';
import { startCanvasCaller } from './canvas-caller';
import { startPythonCaller } from './canvas-python-caller';
import { startChild } from './child';
import type { Plan } from './plan';
import type { Progress } from './progress';
import { median } from './statistics';
import type { Subjects } from './subjects';
import { PYTHON, TYPESCRIPT } from './worker-rows';

/** Whoever applies a canvas and waits for the last result. */
export interface CanvasCaller {
  /** Milliseconds from `apply_async` to the last result in hand. @throws Error when that is not the right one. */
  time(shape: CanvasShape, size: number): Promise<number>;
  stop(): Promise<void>;
}

export type CanvasShape = keyof Plan['canvas'];

export const CANVAS_SUBJECTS = ['typescript', 'python'] as const;
type CanvasSubject = (typeof CANVAS_SUBJECTS)[number];

/** Median milliseconds of a canvas of that many tasks. */
export type CanvasFigure = Readonly<Record<CanvasSubject, number>> & { readonly size: number };
export type CanvasFigures = Readonly<Record<CanvasShape, CanvasFigure>>;

export interface CanvasBench {
  readonly brokerUrl: string;
  readonly redisUrl: string;
  readonly python: string;
  readonly connection: ChannelModel;
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly progress: Progress;
}

const QUEUE = 'bench.canvas';
const PREFETCH = 100;

const measure = async (bench: CanvasBench, subject: CanvasSubject): Promise<Record<CanvasShape, number>> => {
  const queue = `${QUEUE}.${subject}`;
  const { brokerUrl, redisUrl, python } = bench;
  const channel = await bench.connection.createChannel();
  await channel.assertQueue(queue, { durable: true });
  await channel.close();
  const use = { queue, results: 'redis', prefetch: PREFETCH } as const;
  const worker = await startChild(bench.subjects.worker(subject === 'python' ? PYTHON : TYPESCRIPT, use));
  const start = subject === 'python' ? startPythonCaller : startCanvasCaller;
  const caller = await start({ brokerUrl, redisUrl, python, queue });
  try {
    // The first canvas opens connections and channels on both sides.
    await caller.time('chord', 10);
    await caller.time('chain', 10);
    return {
      chord: await caller.time('chord', bench.plan.canvas.chord),
      chain: await caller.time('chain', bench.plan.canvas.chain),
    };
  } finally {
    await caller.stop();
    await worker.stop();
  }
};

/** A chord and a chain on Redis, from the caller's `apply_async` to the last result: all TypeScript, then all Python. */
export const benchCanvas = async (bench: CanvasBench): Promise<CanvasFigures> => {
  const times: Record<CanvasSubject, Record<CanvasShape, number>[]> = { typescript: [], python: [] };
  for (let round = 1; round <= bench.plan.rounds; round += 1) {
    for (const subject of CANVAS_SUBJECTS) {
      bench.progress.step(`canvas: ${subject}, round ${round}`);
      const time = await measure(bench, subject);
      bench.progress.measured(`chord ${Math.round(time.chord)} ms, chain ${Math.round(time.chain)} ms`);
      times[subject].push(time);
    }
  }
  const figure = (shape: CanvasShape): CanvasFigure => ({
    size: bench.plan.canvas[shape],
    typescript: median(times.typescript.map((time) => time[shape])),
    python: median(times.python.map((time) => time[shape])),
  });
  return { chord: figure('chord'), chain: figure('chain') };
};
