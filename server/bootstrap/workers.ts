import type { Inspector } from '../../celery';
import { disabledPort } from '../messaging';
import { WorkerService, workerRoutes } from '../workers';
import type { Feature, FeatureContext } from './feature';

/** Looking at workers and commanding them. */
export function workers(context: FeatureContext): Feature {
  const { broker, names } = context;
  const refusing = { inspect: disabledPort<Pick<Inspector, 'inspect'>>().inspect };
  const service = new WorkerService({
    inspector: broker?.inspector ?? { ...refusing, forget: () => undefined },
    control: broker?.control ?? disabledPort(),
    directory: broker?.workers ?? { list: () => [], get: () => undefined },
    names,
  });
  return { routes: workerRoutes(service) };
}
