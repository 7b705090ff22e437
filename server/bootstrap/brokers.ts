import { BrokersService, brokerRoutes } from '../brokers';
import { DEFAULT_BROKER } from '../config';
import type { HealthService } from '../health';
import type { Feature, FeatureContext } from './feature';

/** Which brokers this gateway serves. */
export function brokers({ further }: FeatureContext, health: Pick<HealthService, 'ownReadiness'>): Feature {
  const first = {
    name: DEFAULT_BROKER,
    path: '/rabbitmq',
    mayUse: () => true,
    readiness: () => health.ownReadiness(),
  };
  return { routes: brokerRoutes(new BrokersService([first, ...further])) };
}
