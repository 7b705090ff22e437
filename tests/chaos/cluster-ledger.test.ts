import { Cleanup } from '../support/cleanup';
import { describeInFull } from '../support/full-form';
import { killUnderLoad, tell } from '../support/killed-under-load';
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

/** Each node twice, whichever leads. */
const KILLS = 6;

// A cluster takes half a minute to come up.
describeInFull('three nodes with a quorum queue, one after the other killed under submissions', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run(), 60_000);

  it('lose nothing that was accepted', async () => {
    const nodes = await privateCluster(cleanup, 'pause_minority');
    await declareLedgerQueue(nodes[0].url, { 'x-queue-type': 'quorum' });
    const urls = nodes.map(({ url }) => url);
    const gateway = await cleanup.stops(
      GatewayProcess.start({
        brokerUrl: urls.join(';'),
        env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
      }),
    );
    const ledger = await cleanup.stops(
      new SubmissionLedger({ gateway: () => gateway, queue: LEDGER_QUEUE, perSecond: 200 }),
    );
    ledger.start();
    let turn = 0;
    const killNext = async (): Promise<PrivateBroker> => {
      const victim = nodes[turn++ % nodes.length] as PrivateBroker;
      await victim.kill9();
      return victim;
    };
    const kills = await killUnderLoad(ledger, killNext, KILLS);

    const found = await drain(urls, LEDGER_QUEUE);
    tell('three nodes', ledger, found, kills);
    expectNothingLost(ledger, found);
  }, 900_000);
});
