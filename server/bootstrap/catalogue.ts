import type { Inspector } from '../../celery';
import type { Logger } from '../../runtime';
import { CatalogueService, catalogueRoutes, TaskSchemas } from '../catalogue';
import type { ServerConfig } from '../config';
import { disabledPort } from '../messaging';
import type { Feature, FeatureContext } from './feature';

/** The schemas of tasks; undefined without a folder of them. */
export function createTaskSchemas(config: ServerConfig, logger: Logger): TaskSchemas | undefined {
  const { TASK_SCHEMAS_DIR: folder, TASK_SCHEMAS_RELOAD_SECONDS: seconds } = config;
  return folder === undefined ? undefined : new TaskSchemas({ folder, reloadMs: seconds * 1000, logger });
}

/** What can be submitted, and what its arguments have to be. */
export function catalogue({ broker, schemas }: FeatureContext): Feature {
  const inspector = broker?.inspector ?? { inspect: disabledPort<Pick<Inspector, 'inspect'>>().inspect };
  const parts =
    schemas === undefined
      ? []
      : [{ name: 'task schemas', start: () => schemas.start(), stop: () => schemas.stop() }];
  return { routes: catalogueRoutes(new CatalogueService({ inspector, schemas })), parts };
}
