import { BadLink } from '../support/bad-link';
import { Cleanup } from '../support/cleanup';
import { Firewall, firewalled } from '../support/firewall';
import { GatewayProcess } from '../support/processes';
import { drain, expectNothingLost, SubmissionLedger } from '../support/submission-ledger';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const QUEUE = 'lossy';
const PERCENT = 30;
const FULL = process.env.FULL === '1';
const ACCEPTED = FULL ? 2000 : 300;

const cleanup = new Cleanup();
afterAll(() => cleanup.run(), 60_000);

const withFirewall = firewalled.able ? test : test.skip;

withFirewall(
  firewalled.title(`a link that loses ${PERCENT} % of its packets: slower, and nothing accepted is lost`),
  async () => {
    const vhost = await createVhost('packet-loss');
    cleanup.does(() => vhost.drop());
    const link = await cleanup.stops(BadLink.to(vhost.url));
    const firewall = await cleanup.stops(new Firewall());
    const gateway = await cleanup.stops(
      GatewayProcess.start({
        brokerUrl: link.url,
        env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
      }),
    );
    const ledger = await cleanup.stops(
      new SubmissionLedger({ gateway: () => gateway, queue: QUEUE, perSecond: 200, callers: 32 }),
    );
    const more = async (count: number): Promise<number> => {
      const [before, startedAt] = [ledger.accepted.size, performance.now()];
      await until(() => ledger.accepted.size >= before + count, { timeoutMs: 100_000, what: 'submissions' });
      return (performance.now() - startedAt) / count;
    };
    ledger.start();
    const well = await more(100);
    firewall.loses(Number(new URL(link.url).port), PERCENT);
    const lossy = await more(ACCEPTED);
    const { dropped } = firewall;
    firewall.heal();
    await ledger.stop();

    const found = await drain([vhost.url], QUEUE, 1000);
    process.stdout.write(
      `${PERCENT} % of packets lost: ${dropped} dropped, ${Math.round(lossy)} ms for one accepted (${Math.round(well)} before), ${ledger.accepted.size} accepted, ${ledger.refused.size} refused, ${ledger.unknown.size} unknown; ${JSON.stringify(Object.fromEntries(ledger.answers))}\n`,
    );
    expect(dropped).toBeGreaterThan(ACCEPTED / 10);
    expectNothingLost(ledger, found);
    await until(async () => (await gateway.request('GET', '/health/ready')).status === 200);
  },
  180_000,
);
