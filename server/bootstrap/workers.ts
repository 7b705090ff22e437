import type { Inspector } from '../../celery';
import { disabledPort } from '../messaging';
import { WorkerService, workerRoutes } from '../workers';
import type { Feature, FeatureContext } from './feature';

/** Looking at workers and commanding them. */
export function workers(context: FeatureContext): Feature {
  const { broker, clock, config, names } = context;
  const refusing = { inspect: disabledPort<Pick<Inspector, 'inspect'>>().inspect };
  const service = new WorkerService({
    inspector: broker?.inspector ?? { ...refusing, forget: () => undefined },
    control: broker?.control ?? disabledPort(),
    directory: broker?.workers ?? { list: () => [], get: () => undefined },
    names,
    clock,
    // As long as their events are kept: so it is the same list on each gateway, and after a restart.
    forgetAfterMs: config.EVENTS_MAX_AGE_SECONDS * 1000,
  });
  return { routes: workerRoutes(service) };
}
