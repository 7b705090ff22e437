import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../support/cleanup';
import { Firewall, firewalled } from '../support/firewall';
import { describeInFull } from '../support/full-form';
import type { PrivateBroker } from '../support/private-broker';
import { privateCluster } from '../support/private-cluster';
import { GatewayProcess } from '../support/processes';
import {
  declareLedgerQueue,
  drain,
  expectNothingLost,
  LEDGER_QUEUE,
  SubmissionLedger,
} from '../support/submission-ledger';
import { until } from '../support/until';

const NET_TICK_SECONDS = 8;
/** How long the leader sees nobody. */
const CUT_MS = 30_000;
/** Beyond the tick after which the others are known to be gone: a channel found silent, an election, the way to another node. */
const MARGIN_MS = 8000;
/** What a busy machine may add. */
const PATIENCE_MS = 20_000;
/** RabbitMQ 3.10 forgets a quorum queue that is younger when its node dies. */
const QUORUM_SETTLES_MS = 4000;
const BETWEEN = 300;

// A cluster takes half a minute to come up and the cut another one.
const suite = firewalled.able ? describeInFull : describe.skip;

/** The local ports of a node's connections to other nodes. */
function linksOf(pid: number, distPorts: readonly number[]): readonly number[] {
  return execFileSync('ss', ['-Htnp', 'state', 'established'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`pid=${pid},`))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , peer = '']) => distPorts.includes(Number(peer.split(':').at(-1))))
    .map(([, , local = '']) => Number(local.split(':').at(-1)));
}

/** Between a node and the others nothing passes; clients still reach it. */
async function isolate(firewall: Firewall, node: PrivateBroker, others: readonly PrivateBroker[]) {
  const ports = others.map(({ distPort }) => distPort);
  // The others keep the link they have to each other, and nobody makes a new one.
  for (const port of ports) firewall.closes(port);
  firewall.cuts(node.distPort);
  for (const port of linksOf(await node.pid(), ports)) firewall.cuts(port);
}

async function leaderOf(node: PrivateBroker, queue: string): Promise<string> {
  const lines = (await node.ctl('list_queues', 'name', 'leader')).trim().split('\n');
  return lines.map((line) => line.split('\t')).find(([name]) => name === queue)?.[1] ?? '';
}

suite(
  firewalled.title('three nodes, the leader of the quorum queue cut off from the others under submissions'),
  () => {
    const cleanup = new Cleanup();
    afterAll(() => cleanup.run(), 60_000);

    it('loses nothing that was accepted, and submissions are accepted again once the others are on their own', async () => {
      const nodes = await privateCluster(cleanup, 'pause_minority', [`net_ticktime = ${NET_TICK_SECONDS}`]);
      const firewall = await cleanup.stops(new Firewall());
      const urls = nodes.map(({ url }) => url);
      await declareLedgerQueue(nodes[0].url, { 'x-queue-type': 'quorum' });
      const gateway = await cleanup.stops(
        GatewayProcess.start({
          brokerUrl: urls.join(';'),
          env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
        }),
      );
      await sleep(QUORUM_SETTLES_MS);
      const ledger = await cleanup.stops(
        new SubmissionLedger({ gateway: () => gateway, queue: LEDGER_QUEUE, perSecond: 200 }),
      );
      ledger.start();
      const accepts = (count: number, what: string): Promise<true> => {
        const before = ledger.accepted.size;
        return until(() => ledger.accepted.size >= before + count, {
          timeoutMs: 90_000,
          intervalMs: 5,
          what,
        });
      };
      await accepts(BETWEEN, 'submissions');

      const name = await leaderOf(nodes[1], LEDGER_QUEUE);
      const leader = nodes.find((node) => node.name === name) as PrivateBroker;
      const cutAt = performance.now();
      await isolate(
        firewall,
        leader,
        nodes.filter((node) => node !== leader),
      );
      let gapMs = 0;
      while (performance.now() - cutAt < CUT_MS) {
        const from = performance.now();
        await accepts(1, 'a majority that accepts');
        gapMs = Math.max(gapMs, performance.now() - from);
      }
      expect(firewall.dropped).toBeGreaterThan(0);
      firewall.heal();
      // Asked only now: rabbitmqctl is a node, too, and could not reach one.
      expect(await leaderOf(nodes.find((node) => node !== leader) as PrivateBroker, LEDGER_QUEUE)).not.toBe(
        name,
      );
      await accepts(BETWEEN, 'submissions after healing');
      await ledger.stop();

      const found = await drain(urls, LEDGER_QUEUE);
      process.stdout.write(
        `leader isolated ${CUT_MS / 1000} s: ${ledger.accepted.size} accepted, ${ledger.refused.size} refused, ${ledger.unknown.size} unknown, longest gap ${Math.round(gapMs)} ms; ${JSON.stringify(Object.fromEntries(ledger.answers))}\n`,
      );
      expectNothingLost(ledger, found);
      expect(gapMs).toBeLessThan(NET_TICK_SECONDS * 1250 + MARGIN_MS + PATIENCE_MS);
    }, 400_000);
  },
);
