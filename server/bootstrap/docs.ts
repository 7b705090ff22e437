import { DocsService, docsRoutes, PageAssets } from '../docs';
import type { RouteDefinition } from '../http/route';
import type { Feature, FeatureContext } from './feature';

/** @param others the routes of all other features: the document tells of them and of its own. */
export function docs({ config, further }: FeatureContext, others: readonly RouteDefinition[]): Feature {
  if (!config.GATEWAY_DOCS_ENABLED) return { routes: [] };
  const service = new DocsService(
    () => [...others, ...routes],
    further.map(({ name }) => name),
  );
  const routes: readonly RouteDefinition[] = docsRoutes({ service, assets: new PageAssets() });
  return { routes };
}
