import { LogLevelService, logLevelRoutes } from '../log-level';
import type { Feature, FeatureContext } from './feature';
import { instanceName } from './instance-name';

/** Changing the log level over HTTP. */
export function logLevel({ config, levels }: FeatureContext): Feature {
  return { routes: logLevelRoutes(new LogLevelService({ levels, gateway: instanceName(config) })) };
}
