import { Cleanup } from '../support/cleanup';
import { describeInFull } from '../support/full-form';
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

// Three nodes take a minute to come up on two cores: gateway-degradation runs what one node can show in every run.
const ENOUGH = 100;
const PATIENT = { timeoutMs: 120_000 };

describeInFull.each(['pause_minority', 'ignore'] as const)(
  'two of three nodes dead, the third one set to %s, under submissions to a quorum queue',
  (partitions) => {
    const cleanup = new Cleanup();
    afterAll(() => cleanup.run(), 60_000);

    it('submissions are 503 or 504 and none is accepted, until a majority is back; nothing accepted is lost', async () => {
      const [first, second, third] = await privateCluster(cleanup, partitions);
      await declareLedgerQueue(first.url, { 'x-queue-type': 'quorum' });
      const urls = [first.url, second.url, third.url];
      const gateway = await cleanup.stops(
        GatewayProcess.start({
          brokerUrl: urls.join(';'),
          env: {
            RABBITMQ_BACKOFF_MAX_MS: '1000',
            RABBITMQ_CONNECT_TIMEOUT_MS: '2000',
            PUBLISHER_DEADLINE_MS: '2000',
            RATE_LIMIT_SUBMITS: '0',
          },
        }),
      );
      const ledger = await cleanup.stops(
        new SubmissionLedger({
          gateway: () => gateway,
          queue: LEDGER_QUEUE,
          perSecond: 50,
          callers: 32,
        }),
      );
      ledger.start();
      await until(() => ledger.accepted.size >= ENOUGH, { ...PATIENT, what: 'the first submissions' });

      await Promise.all([second.kill9(), third.kill9()]);
      // What was confirmed by two before the kill may be answered a moment later.
      let last = -1;
      await until(
        () => {
          const settled =
            ledger.accepted.size === last && ledger.refused.size + ledger.unknown.size >= ENOUGH;
          last = ledger.accepted.size;
          return settled;
        },
        { ...PATIENT, intervalMs: 3000, what: 'refusals alone' },
      );
      const alone = ledger.accepted.size;
      const refusedBefore = ledger.refused.size + ledger.unknown.size;
      await until(() => ledger.refused.size + ledger.unknown.size > refusedBefore + ENOUGH, PATIENT);
      expect(ledger.accepted.size).toBe(alone);
      expect((await gateway.request('GET', '/health/live')).status).toBe(200);

      await second.start();
      await until(() => ledger.accepted.size > alone + ENOUGH, { ...PATIENT, what: 'a majority' });
      await third.start();
      await ledger.stop();
      const found = await drain(urls, LEDGER_QUEUE);
      process.stdout.write(
        `two of three dead (${partitions}): ${ledger.accepted.size} accepted, ${ledger.refused.size} refused, ${ledger.unknown.size} unknown; ${JSON.stringify(Object.fromEntries(ledger.answers))}\n`,
      );
      expectNothingLost(ledger, found);
    }, 600_000);
  },
);
