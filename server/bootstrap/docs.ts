import { DocsService, docsRoutes } from '../docs';
import type { RouteDefinition } from '../http/route';
import type { Feature, FeatureContext } from './feature';

/** @param others the routes of all other features: the document tells of them and of its own. */
export function docs({ config }: FeatureContext, others: readonly RouteDefinition[]): Feature {
  if (!config.GATEWAY_DOCS_ENABLED) return { routes: [] };
  const routes: readonly RouteDefinition[] = docsRoutes(new DocsService(() => [...others, ...routes]));
  return { routes };
}
