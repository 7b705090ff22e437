import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import type { CanvasFigures } from './canvas';
import type { GatewayFigures } from './gateway';
import type { RoundTripFigures } from './round-trip';
import type { SubmitFigures } from './submit';
import type { Target } from './targets';
import type { WorkerFigure, WorkerFigures } from './worker';
import type { MemoryFigures } from './worker-memory';
import { RATE_ROWS, type RateRowName } from './worker-rows';

/** What one run measured; a part that was not asked for is absent. */
export interface Figures {
  readonly submit?: SubmitFigures | undefined;
  readonly worker?: WorkerFigures | undefined;
  readonly memory?: MemoryFigures | undefined;
  readonly roundTrip?: RoundTripFigures | undefined;
  readonly canvas?: CanvasFigures | undefined;
  readonly gateway?: GatewayFigures | undefined;
}

export interface Report extends Figures {
  readonly startedAt: string;
  readonly plan: string;
  readonly machine: {
    readonly cpus: number;
    readonly cpu: string;
    readonly platform: string;
    readonly node: string;
    readonly rabbitmq: string;
  };
  readonly targets: readonly Target[];
}

export const describeMachine = (rabbitmq: string): Report['machine'] => ({
  cpus: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  platform: `${platform()} ${arch()}`,
  node: process.version,
  rabbitmq,
});

/** Rows of cells under a heading, as a Markdown table whose columns line up on a terminal too. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
};

const whole = (value: number): string => String(Math.round(value));
const fine = (value: number): string => value.toFixed(2);

const submitTable = (figures: SubmitFigures): string =>
  table(
    ['submit, requests/s', 'bare', 'naive', 'gateway', 'gateway/bare', 'gateway p50 ms', 'p99 ms'],
    Object.entries(figures).map(([connections, { bare, naive, gateway }]) => [
      `${connections} connections`,
      whole(bare.perSecond),
      whole(naive.perSecond),
      whole(gateway.perSecond),
      fine(gateway.perSecond / bare.perSecond),
      fine(gateway.p50Ms),
      fine(gateway.p99Ms),
    ]),
  );

/** A cell of two figures, or a dash where the row has no such subject. */
const rate = (figure: WorkerFigure | undefined): string =>
  figure === undefined ? '–' : `${whole(figure.perSecond)} (${whole(figure.cpuMicros)})`;

const quotient = (one: WorkerFigure | undefined, other: WorkerFigure | undefined): string =>
  one === undefined || other === undefined ? '–' : fine(one.perSecond / other.perSecond);

const workerTable = (figures: WorkerFigures): string =>
  table(
    [
      'worker, tasks/s (CPU µs a task)',
      'raw',
      'TypeScript',
      '-E',
      'Python -c 2',
      'TS/raw',
      'TS/Python',
      '-E/off',
    ],
    Object.entries(figures).map(([name, { raw, typescript, withEvents, python }]) => [
      RATE_ROWS[name as RateRowName].title,
      ...[raw, typescript, withEvents, python].map(rate),
      quotient(typescript, raw),
      quotient(typescript, python),
      quotient(withEvents, typescript),
    ]),
  );

const memoryTable = ({ typescript: { small, large }, python }: MemoryFigures): string =>
  table(
    ['worker memory, peak MiB', 'tasks run', 'RSS', 'PSS'],
    [
      { name: 'TypeScript', ...small },
      { name: 'TypeScript', ...large },
      { name: 'Python -c 2, three processes', ...python },
    ].map(({ name, queued, tasks, peak }) => [
      `${name}, ${queued} queued`,
      whole(tasks),
      whole(peak.rssMiB),
      whole(peak.pssMiB),
    ]),
  );

const roundTripTable = (figures: RoundTripFigures): string =>
  table(
    ['round trip, ms', 'p50', 'p99'],
    [
      ['amqplib direct reply-to', figures.directReplyTo],
      ['client', figures.client],
      ['HTTP, submit then wait', figures.http],
    ].map(([name, figure]) =>
      typeof name === 'string' && typeof figure === 'object'
        ? [name, fine(figure.p50Ms), fine(figure.p99Ms)]
        : [],
    ),
  );

const canvasTable = (figures: CanvasFigures): string =>
  table(
    ['canvas on Redis, ms to the last result', 'TypeScript', 'Python -c 2', 'Python/TS'],
    Object.entries(figures).map(([shape, { size, typescript, python }]) => [
      `${shape} of ${size}`,
      whole(typescript),
      whole(python),
      fine(python / typescript),
    ]),
  );

const BATCH_NAMES = {
  raw: 'amqplib',
  rawRecorded: 'amqplib, with the record',
  json: 'gateway, JSON',
  ndjson: 'gateway, NDJSON',
} as const;

const gatewayTables = ({ submit, batch, waiters, history }: GatewayFigures): readonly string[] => [
  table(
    ['submit at 64 connections, requests/s', 'bare', 'Flower', 'gateway', 'gateway/bare', 'gateway/Flower'],
    [
      [
        'everything on',
        whole(submit.bare),
        whole(submit.flower),
        whole(submit.gateway),
        fine(submit.gateway / submit.bare),
        fine(submit.gateway / submit.flower),
      ],
    ],
  ),
  table(
    ['batch, window 1000', 'tasks/s', 'CPU µs a task', '/amqplib', '/amqplib with the record'],
    Object.entries(batch).map(([subject, { perSecond, cpuMicros }]) => [
      BATCH_NAMES[subject as keyof typeof BATCH_NAMES],
      whole(perSecond),
      whole(cpuMicros),
      fine(perSecond / batch.raw.perSecond),
      fine(perSecond / batch.rawRecorded.perSecond),
    ]),
  ),
  table(
    [
      'waiting clients',
      'idle, % of a core',
      'answer p50 ms',
      'last answer ms',
      'CPU µs an answer',
      'of the bench',
    ],
    [
      [
        whole(waiters.clients),
        fine(waiters.idleShare * 100),
        whole(waiters.p50Ms),
        whole(waiters.maxMs),
        whole(waiters.cpuMicros),
        whole(waiters.benchCpuMicros),
      ],
    ],
  ),
  table(
    [
      'tasks in history',
      'slowest list query',
      'p95 ms',
      'RSS MiB',
      'records replayed',
      'seconds',
      'CPU µs a record',
    ],
    [
      [
        whole(history.tasks),
        history.slowestQuery,
        fine(history.listP95Ms),
        whole(history.rssMiB),
        whole(history.replayed),
        fine(history.replaySeconds),
        whole(history.replayCpuMicros),
      ],
    ],
  ),
];

const targetTable = (targets: readonly Target[]): string =>
  table(
    ['target', 'measured', 'limit', 'met'],
    targets.map(({ name, value, better, limit, met }) => [
      name,
      fine(value),
      `${better === 'higher' ? '≥' : '≤'} ${limit}`,
      met ? 'yes' : 'NO',
    ]),
  );

/** The tables of what is there: of one part as soon as it is measured. */
export const formatFigures = (figures: Figures): string =>
  [
    figures.submit && submitTable(figures.submit),
    figures.worker && workerTable(figures.worker),
    figures.memory && memoryTable(figures.memory),
    figures.roundTrip && roundTripTable(figures.roundTrip),
    figures.canvas && canvasTable(figures.canvas),
    ...(figures.gateway === undefined ? [] : gatewayTables(figures.gateway)),
  ]
    .filter((part) => typeof part === 'string')
    .join('\n\n');

/** What the figures say of the promises; empty where they say nothing. */
export const formatTargets = (targets: readonly Target[]): string =>
  targets.length > 0 ? targetTable(targets) : '';

/** Writes the run's figures, also as `latest.json`; returns the path of the former. */
export const saveReport = async (directory: string, report: Report): Promise<string> => {
  await mkdir(directory, { recursive: true });
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const path = join(directory, `${report.startedAt.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(path, text);
  await writeFile(join(directory, 'latest.json'), text);
  return path;
};
