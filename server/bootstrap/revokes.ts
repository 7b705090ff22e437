import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Mailbox, RevokeLog } from '../../celery';
import { nodename } from '../../celery/protocol';
import type { LifecyclePart } from '../../runtime';
import { disabledPort } from '../messaging';
import { helloCommands, RevokeCourier, RevokeService, revokeRoutes } from '../revokes';
import { contentProtection } from './content-protection';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';

/** Workers forget revokes after three hours (celery/worker/state.py `REVOKE_EXPIRES`); a third of it leaves room. */
const RENEW_EVERY_MS = 3_600_000;

function revokeLog({ config, logger, clock }: FeatureContext, broker: BrokerParts): RevokeLog {
  return new RevokeLog({
    connection: broker.connections.consume,
    topology: broker.topology,
    publisher: broker.publisher,
    maxAgeSeconds: config.REVOKE_HOLD_SECONDS,
    maxHoldSeconds: config.REVOKE_HOLD_MAX_SECONDS,
    maxEntries: config.REVOKE_MAX_ENTRIES,
    logger,
    now: () => clock.now(),
  });
}

function partsOf(
  { config, logger }: FeatureContext,
  broker: BrokerParts,
  revokes: RevokeLog,
): LifecyclePart[] {
  const { connections, publisher, lamport, control, workers } = broker;
  const mailbox = new Mailbox({
    connection: connections.consume,
    publisher,
    nodename: nodename(`celery-gateway-${randomUUID().slice(0, 8)}`, hostname()),
    commands: helloCommands({ revokes, lamport }),
    silentOnUnknown: true,
    clock: lamport,
    protection: contentProtection(config),
    logger,
  });
  return [
    { name: 'revokes', start: () => revokes.start(), stop: () => revokes.stop() },
    { name: 'revokes told at mingle', start: () => mailbox.start(), stop: () => mailbox.stop() },
    new RevokeCourier({ revokes, control, workers, logger, renewEveryMs: RENEW_EVERY_MS }),
  ];
}

/** Revokes that hold: broadcast, kept, and told to workers that come later. */
export function revokes(context: FeatureContext): Feature & { readonly service: RevokeService } {
  const { messaging, broker } = context;
  const log = broker === undefined ? undefined : revokeLog(context, broker);
  const service = new RevokeService({
    messaging,
    control: broker?.control ?? disabledPort(),
    revokes: log,
    history: broker?.history,
  });
  const parts = broker === undefined || log === undefined ? [] : partsOf(context, broker, log);
  return { routes: revokeRoutes(service), parts, service };
}
