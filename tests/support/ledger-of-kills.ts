import type { Cleanup } from './cleanup';
import { KILLS, killUnderLoad, PER_SECOND, tell } from './killed-under-load';
import { PrivateBroker } from './private-broker';
import { GatewayProcess } from './processes';
import {
  declareLedgerQueue,
  drain,
  expectNothingLost,
  LEDGER_QUEUE as QUEUE,
  SubmissionLedger,
} from './submission-ledger';
import { until } from './until';

/** RabbitMQ 3.10 forgets a quorum queue that is younger when its node is killed, whatever it confirmed. */
const QUORUM_SETTLES_MS = 4000;

/** A node killed again and again under submissions to a queue of that type: nothing accepted may be lost, nothing refused be there. */
export async function ledgerOfKills(cleanup: Cleanup, type: 'classic' | 'quorum'): Promise<void> {
  const broker = await cleanup.stops(PrivateBroker.create());
  await declareLedgerQueue(broker.url, type === 'quorum' ? { 'x-queue-type': 'quorum' } : {});
  const declaredAt = performance.now();
  const gateway = await cleanup.stops(
    GatewayProcess.start({
      brokerUrl: broker.url,
      // The node is away for seconds: the waits between attempts would grow beyond the time it takes to come back.
      env: { RABBITMQ_BACKOFF_MAX_MS: '1000', RATE_LIMIT_SUBMITS: '0' },
    }),
  );
  await until(() => type === 'classic' || performance.now() - declaredAt > QUORUM_SETTLES_MS);
  const ledger = await cleanup.stops(
    new SubmissionLedger({ gateway: () => gateway, queue: QUEUE, perSecond: PER_SECOND }),
  );
  ledger.start();
  const kill = async (): Promise<PrivateBroker> => {
    await broker.kill9();
    return broker;
  };
  const kills = await killUnderLoad(ledger, kill, KILLS);

  const found = await drain([broker.url], QUEUE);
  tell(`${type} queue`, ledger, found, kills);
  expectNothingLost(ledger, found);
  // What was accepted is on record, too.
  for (const id of [...ledger.accepted].slice(-20))
    expect((await gateway.request('GET', `/rabbitmq/tasks/${id}`)).status).toBe(200);
}
