import { gatewayTargets } from './gateway/targets';
import type { Figures } from './report';
import type { WorkerFigures } from './worker';
import type { MemoryFigures } from './worker-memory';
import { RATE_ROWS, type RateRowName } from './worker-rows';

/** A promise of the project, held against the figures of one run. */
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly better: 'higher' | 'lower';
  readonly met: boolean;
}

const target = (name: string, value: number, better: Target['better'], limit: number): Target => ({
  name,
  value,
  limit,
  better,
  met: better === 'higher' ? value >= limit : value <= limit,
});

/** Memory may wobble with garbage collection; growing by more than this with the backlog is a leak. */
const FLAT_MEMORY_RATIO = 1.15;

/** Lower limits of the TypeScript worker's rate over a baseline's, by row. */
const RATE_LIMITS: Readonly<Record<RateRowName, { readonly raw?: number; readonly python?: number }>> = {
  noop: { raw: 0.75, python: 3 },
  rpc: { raw: 0.8 },
  redis: { raw: 0.8 },
  async: { python: 6 },
  cpu: { python: 1 },
  native: { python: 1 },
  events: {},
};

const MAX_COST_OF_EVENTS = 0.15;
const BASELINES = { raw: 'raw amqplib', python: 'Python prefork -c 2' } as const;

const workerTargets = (worker: WorkerFigures): readonly Target[] =>
  Object.entries(worker).flatMap(([name, { typescript, withEvents, ...baselines }]) => {
    const row = name as RateRowName;
    if (typescript === undefined) return [];
    const ratios = (['raw', 'python'] as const).flatMap((baseline) => {
      const figure = baselines[baseline];
      const limit = RATE_LIMITS[row][baseline];
      if (figure === undefined || limit === undefined) return [];
      const label = `worker, ${RATE_ROWS[row].title} / ${BASELINES[baseline]}`;
      return [target(label, typescript.perSecond / figure.perSecond, 'higher', limit)];
    });
    if (withEvents === undefined) return ratios;
    const cost = 1 - withEvents.perSecond / typescript.perSecond;
    return [...ratios, target('worker, cost of events', cost, 'lower', MAX_COST_OF_EVENTS)];
  });

const memoryTargets = ({ typescript: { small, large }, python }: MemoryFigures): readonly Target[] => [
  target(
    `worker memory, peak with ${large.queued} / ${small.queued} queued`,
    large.peak.rssMiB / small.peak.rssMiB,
    'lower',
    FLAT_MEMORY_RATIO,
  ),
  target(
    "worker memory, peak RSS / Python's process tree",
    large.peak.rssMiB / python.peak.rssMiB,
    'lower',
    0.7,
  ),
  target(
    "worker memory, peak PSS / Python's process tree",
    large.peak.pssMiB / python.peak.pssMiB,
    'lower',
    0.7,
  ),
];

/** The targets that this run's figures can speak about. */
export const judge = ({ submit, worker, memory, roundTrip, canvas, gateway }: Figures): readonly Target[] => {
  const targets: Target[] = [];
  const at64 = submit?.['64'];
  if (at64 !== undefined) {
    const ratio = at64.gateway.perSecond / at64.bare.perSecond;
    targets.push(target('submit at 64 connections / bare Express', ratio, 'higher', 0.5));
  }
  if (worker !== undefined) targets.push(...workerTargets(worker));
  if (memory !== undefined) targets.push(...memoryTargets(memory));
  if (roundTrip !== undefined) {
    const ratio = roundTrip.client.p50Ms / roundTrip.directReplyTo.p50Ms;
    targets.push(
      target('round trip p50, client / direct reply-to', ratio, 'lower', 2),
      target('round trip p50 over HTTP with wait, ms', roundTrip.http.p50Ms, 'lower', 5),
    );
  }
  if (canvas !== undefined) {
    for (const [shape, { typescript, python }] of Object.entries(canvas)) {
      targets.push(target(`${shape}, Python alone / TypeScript alone`, python / typescript, 'higher', 1));
    }
  }
  if (gateway !== undefined) targets.push(...gatewayTargets(gateway, target));
  return targets;
};
