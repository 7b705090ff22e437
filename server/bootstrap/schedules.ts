import { randomUUID } from 'node:crypto';
import { KeyedLog } from '../../celery/streams';
import { messagingDisabled } from '../messaging';
import {
  type BookLog,
  readStored,
  ScheduleBook,
  ScheduleRunner,
  ScheduleService,
  type Stored,
  scheduleRoutes,
  TickFiring,
} from '../schedules';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';
import { createSubmitChecks, replyToOf } from './tasks';
import { createCallbacks } from './webhooks';

type OnChange = (key: string, stored: Stored | undefined) => void;

function scheduleLog(context: FeatureContext, broker: BrokerParts, onChange: OnChange): KeyedLog<Stored> {
  const { config, logger, clock } = context;
  return new KeyedLog({
    connection: broker.connections.consume,
    topology: broker.topology,
    publisher: broker.publisher,
    streamName: 'celery-gateway.schedules',
    maxAgeSeconds: config.STATE_STREAM_MAX_AGE_SECONDS,
    read: readStored,
    onChange,
    logger,
    now: () => clock.now(),
  });
}

function refuse(): never {
  throw messagingDisabled();
}

/** Where schedules are while messaging is switched off: nowhere. */
const noLog: BookLog = { usable: true, get: refuse, entries: refuse, put: refuse, remove: refuse };

/** Recurring schedules, fired once per tick by whichever gateway of the vhost is first. */
export function schedules(context: FeatureContext): Feature {
  const { broker, config, clock, logger, messaging } = context;
  const onChange: OnChange = (key, stored) => runner.touch(book.onChange(key, stored));
  const log = broker === undefined ? undefined : scheduleLog(context, broker, onChange);
  const book = new ScheduleBook(log ?? noLog, clock);
  const replyTo = replyToOf(context);
  const callbacks = createCallbacks(context);
  const firing = new TickFiring({ messaging, callbacks, replyTo, clock, logger });
  const runner = new ScheduleRunner({
    book,
    firing,
    clock,
    logger,
    processId: randomUUID(),
    leaseMs: config.SCHEDULE_LEASE_SECONDS * 1000,
    recordRead: () => broker?.records === undefined || broker.records.status.ready,
  });
  const service = new ScheduleService({
    book,
    firing,
    checks: createSubmitChecks(context),
    callbacks,
    replyTo,
    clock,
    newId: randomUUID,
    maxSchedules: config.SCHEDULES_MAX,
  });
  const parts =
    log === undefined
      ? []
      : [{ name: 'schedules kept', start: () => log.start(), stop: () => log.stop() }, runner];
  return { routes: scheduleRoutes(service), parts };
}
