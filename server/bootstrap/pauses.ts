import { KeyedLog } from '../../celery/streams';
import { disabledPort, messagingDisabled } from '../messaging';
import { PauseBook, PauseService, PauseWatch, pauseRoutes, type QueuePause, readQueuePause } from '../pauses';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';

/** A worker that was missed is found within this time. */
const LOOK_EVERY_MS = 30_000;

function pauseLog({ config, logger, clock }: FeatureContext, broker: BrokerParts): KeyedLog<QueuePause> {
  return new KeyedLog({
    connection: broker.connections.consume,
    topology: broker.topology,
    publisher: broker.publisher,
    streamName: 'celery-gateway.pauses',
    maxAgeSeconds: config.STATE_STREAM_MAX_AGE_SECONDS,
    read: readQueuePause,
    logger,
    now: () => clock.now(),
  });
}

/** Queues paused for the whole fleet, as all gateways of the vhost remember them. */
export function pauses(context: FeatureContext): Feature {
  const { broker, clock, logger, names } = context;
  if (broker === undefined) {
    const service = disabledPort<Pick<PauseService, 'pause' | 'resume'>>();
    const list = (): never => {
      throw messagingDisabled();
    };
    return { routes: pauseRoutes({ list, pause: service.pause, resume: service.resume }) };
  }
  const { control, inspector, workers } = broker;
  const log = pauseLog(context, broker);
  const service = new PauseService({ book: new PauseBook(log), control, inspector, names, clock });
  return {
    routes: pauseRoutes(service),
    parts: [
      { name: 'paused queues', start: () => log.start(), stop: () => log.stop() },
      new PauseWatch({ service, control, workers, clock, logger, lookEveryMs: LOOK_EVERY_MS }),
    ],
  };
}
