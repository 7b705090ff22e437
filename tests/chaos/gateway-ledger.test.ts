import { once } from 'node:events';
import { connect } from 'node:net';
import { Cleanup } from '../support/cleanup';
import { PrivateBroker } from '../support/private-broker';
import { privateCluster } from '../support/private-cluster';
import { GatewayProcess } from '../support/processes';
import {
  declareLedgerQueue,
  drain,
  expectNothingLost,
  LEDGER_QUEUE as QUEUE,
  SubmissionLedger,
} from '../support/submission-ledger';
import { until } from '../support/until';

const FULL = process.env.FULL === '1';
const KILLS = FULL ? 20 : 2;
const PER_SECOND = FULL ? 360 : 200;
/** Accepted between two kills. */
const ROUND = FULL ? 720 : 200;
/** RabbitMQ 3.10 forgets a quorum queue that is younger when its node is killed, whatever it confirmed. */
const QUORUM_SETTLES_MS = 4000;

interface Kill {
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

/** Kills a node under load, again and again. */
async function killUnderLoad(ledger: SubmissionLedger, kill: () => Promise<PrivateBroker>, kills: number) {
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

function tell(
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

describe.each<readonly [string, Record<string, unknown>]>([
  ['classic', {}],
  ...(FULL ? [['quorum', { 'x-queue-type': 'quorum' }] as const] : []),
])('a broker killed under submissions to a %s queue', (type, args) => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run(), 60_000);

  it('loses nothing that was accepted, queues nothing that was refused, and is found again', async () => {
    const broker = await cleanup.stops(PrivateBroker.create());
    await declareLedgerQueue(broker.url, args);
    const declaredAt = performance.now();
    const gateway = await cleanup.stops(
      GatewayProcess.start({
        brokerUrl: broker.url,
        // The node is away for seconds: the waits between attempts would grow beyond the time it takes to come back.
        env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
      }),
    );
    await until(() => type === 'classic' || performance.now() - declaredAt > QUORUM_SETTLES_MS);
    const ledger = new SubmissionLedger({ gateway: () => gateway, queue: QUEUE, perSecond: PER_SECOND });
    ledger.start();
    const kills = await killUnderLoad(
      ledger,
      async () => {
        await broker.kill9();
        return broker;
      },
      KILLS,
    );

    const found = await drain([broker.url], QUEUE);
    tell(`${type} queue`, ledger, found, kills);
    expectNothingLost(ledger, found);
    // What was accepted is on record, too.
    for (const id of [...ledger.accepted].slice(-20))
      expect((await gateway.request('GET', `/rabbitmq/tasks/${id}`)).status).toBe(200);
  }, 900_000);
});

// Twenty kills and a cluster take minutes: the same ledger with two kills runs above in every run.
const fullOnly = FULL ? describe : describe.skip;

fullOnly('three nodes with a quorum queue, one after the other killed under submissions', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run(), 60_000);

  it('lose nothing that was accepted', async () => {
    const nodes = await privateCluster(cleanup, 'pause_minority');
    await declareLedgerQueue(nodes[0].url, { 'x-queue-type': 'quorum' });
    const gateway = await cleanup.stops(
      GatewayProcess.start({
        brokerUrl: nodes.map(({ url }) => url).join(';'),
        env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
      }),
    );
    const ledger = new SubmissionLedger({ gateway: () => gateway, queue: QUEUE, perSecond: 200 });
    ledger.start();
    let turn = 0;
    const kills = await killUnderLoad(
      ledger,
      async () => {
        const victim = nodes[turn++ % nodes.length] as PrivateBroker;
        await victim.kill9();
        return victim;
      },
      6,
    );

    const urls = nodes.map(({ url }) => url);
    const found = await drain(urls, QUEUE);
    tell('three nodes', ledger, found, kills);
    expectNothingLost(ledger, found);
  }, 900_000);
});
