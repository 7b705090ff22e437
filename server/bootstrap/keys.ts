import { KeyService, KeyStore, keyRoutes } from '../keys';
import type { Feature, FeatureContext } from './feature';

/** Managing API keys over HTTP. */
export function keys({ config, clock, access }: FeatureContext): Feature {
  const { kept, reload } = access.loaded;
  const store =
    kept === undefined
      ? undefined
      : new KeyStore({ storage: kept.storage, pepper: kept.providePepper, clock });
  const service = new KeyService({
    store,
    ring: access.keys,
    fixed: new Set(config.GATEWAY_API_KEYS.map(({ id }) => id)),
    permissions: access.permissions,
    reload,
  });
  return { routes: keyRoutes(service) };
}
