import type { TaskOptions } from '../../celery/protocol';
import type { Random } from './malformed-messages';

/** What one task of a soak is, and how it has to end. */
export interface SoakTask {
  readonly number: number;
  readonly kind: SoakKind;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: TaskOptions;
  readonly status: 'SUCCESS' | 'FAILURE' | 'REVOKED';
  /** The stored result, or a part of it. */
  readonly result: unknown;
  readonly runs: number;
  /** More runs are no mistake: a late-acknowledged task may be repeated. */
  readonly repeats: boolean;
}

export type SoakKind = 'early' | 'late' | 'fail' | 'retry' | 'exhaust' | 'planned' | 'revoked';

/** How often each kind comes. */
const SHARES: Readonly<Record<SoakKind, number>> = {
  early: 30,
  late: 20,
  fail: 10,
  retry: 12,
  exhaust: 8,
  planned: 10,
  revoked: 10,
};
const TOTAL = Object.values(SHARES).reduce((sum, share) => sum + share, 0);
/** Time for the revoke to reach every worker before the task may start. */
const REVOKE_BEFORE_SECONDS = 6;
const MAX_DELAY_MS = 4000;
export const SOAK_QUEUE = 'soak';
export const MAX_PRIORITY = 9;

type Drawn = Pick<SoakTask, 'name' | 'args' | 'options' | 'status' | 'result' | 'runs'> & {
  readonly repeats?: boolean;
};

const drawKind = (random: Random): SoakKind => {
  let left = random() * TOTAL;
  for (const [kind, share] of Object.entries(SHARES)) {
    left -= share;
    if (left < 0) return kind as SoakKind;
  }
  return 'early';
};

const DRAWS: Readonly<Record<SoakKind, (number: number, priority: number, random: Random) => Drawn>> = {
  early: (number, priority) => success('soak.early', number, priority),
  late: (number, priority) => ({ ...success('soak.late', number, priority), repeats: true }),
  fail: (number) => ({
    ...failure(number),
    name: 'soak.fail',
    runs: 1,
  }),
  retry: (number, priority, random) => {
    const times = 1 + Math.floor(random() * 3);
    return { ...success('soak.retry', number, priority), args: [number, times], runs: times + 1 };
  },
  exhaust: (number) => ({ ...failure(number), name: 'soak.exhaust', runs: 2 }),
  planned: (number, priority, random) => {
    const moment = Date.now() + 500 + Math.floor(random() * MAX_DELAY_MS);
    return {
      ...success('soak.planned', number, priority),
      args: [number, moment],
      options: { eta: new Date(moment) },
      result: [number, priority, true],
    };
  },
  revoked: (number) => ({
    ...revoked(number),
    options: { countdownSeconds: REVOKE_BEFORE_SECONDS },
  }),
};

const success = (name: string, number: number, priority: number): Drawn => ({
  ...{ name, args: [number], options: {}, status: 'SUCCESS', runs: 1 },
  result: [number, priority],
});

const failure = (number: number): Omit<Drawn, 'name' | 'runs'> => ({
  ...{ args: [number], options: {}, status: 'FAILURE' },
  result: { exc_type: 'ValueError', exc_message: [String(number)] },
});

const revoked = (number: number): Drawn => ({
  ...{ name: 'soak.early', args: [number], options: {}, status: 'REVOKED', runs: 0 },
  result: { exc_type: 'TaskRevokedError', exc_message: ['revoked'] },
});

/** Draws one task; moments count from now on. */
export const drawSoakTask = (number: number, random: Random): SoakTask => {
  const kind = drawKind(random);
  const priority = Math.floor(random() * (MAX_PRIORITY + 1));
  const drawn = DRAWS[kind](number, priority, random);
  const options = { ...drawn.options, queue: SOAK_QUEUE, priority, taskId: `soak-${number}` };
  return { number, kind, repeats: false, ...drawn, options };
};
