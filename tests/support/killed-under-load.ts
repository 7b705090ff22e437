import { once } from 'node:events';
import { connect } from 'node:net';
import type { PrivateBroker } from './private-broker';
import type { SubmissionLedger } from './submission-ledger';
import { until } from './until';

const FULL = process.env.FULL === '1';
/** How often a node of its own is killed. */
export const KILLS = FULL ? 20 : 2;
export const PER_SECOND = FULL ? 360 : 200;
/** Accepted between two kills. */
const ROUND = FULL ? 720 : 200;

export interface Kill {
  /** From when the node listens again to the first 202. */
  readonly recoveredMs: number;
  /** Accepted per second before it. */
  readonly perSecond: number;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

/** Kills a node under load, again and again; `kill` gives the node that is to be started again. */
export async function killUnderLoad(
  ledger: SubmissionLedger,
  kill: () => Promise<PrivateBroker>,
  kills: number,
) {
  const told: Kill[] = [];
  for (let round = 0; round < kills; round += 1) {
    const [before, startedAt] = [ledger.accepted.size, performance.now()];
    await until(() => ledger.accepted.size >= before + ROUND, { timeoutMs: 60_000, what: 'a round' });
    const perSecond = ((ledger.accepted.size - before) * 1000) / (performance.now() - startedAt);
    const broker = await kill();
    const down = ledger.accepted.size;
    const started = broker.start();
    await until(() => listens(broker.port), { timeoutMs: 90_000, what: 'a node that listens' });
    const upAt = performance.now();
    await until(() => ledger.accepted.size > down, { timeoutMs: 60_000, what: 'a task accepted again' });
    told.push({ perSecond, recoveredMs: performance.now() - upAt });
    if (FULL)
      process.stdout.write(
        `kill ${round + 1} of ${kills}: ${ledger.accepted.size} accepted, ${Math.round(perSecond)}/s before it\n`,
      );
    await started;
  }
  await ledger.stop();
  return told;
}

/** Prints how the kills went. */
export function tell(
  title: string,
  ledger: SubmissionLedger,
  found: ReadonlyMap<string, number>,
  kills: readonly Kill[],
) {
  const sorted = (of: (kill: Kill) => number) => kills.map(of).sort((a, b) => a - b);
  const recovered = sorted(({ recoveredMs }) => recoveredMs);
  const rates = sorted(({ perSecond }) => perSecond);
  const middle = Math.floor(kills.length / 2);
  const late = [...ledger.unknown].filter((id) => found.has(id)).length;
  process.stdout.write(
    `${title}: ${kills.length} kills, ${ledger.accepted.size} accepted (${Math.round(rates[middle] ?? 0)}/s), ${ledger.refused.size} refused, ${ledger.unknown.size} unknown (${late} of them queued), ` +
      `first 202 after ${Math.round(recovered[middle] ?? 0)} ms, at most ${Math.round(recovered.at(-1) ?? 0)} ms; ${JSON.stringify(Object.fromEntries(ledger.answers))}\n`,
  );
}
