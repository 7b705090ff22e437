import { KeyService, KeyStore, keyRoutes } from '../keys';
import { pepperPath, provideSecret } from '../security/secret-file';
import type { Feature, FeatureContext } from './feature';

/** Managing API keys over HTTP. */
export function keys({ config, clock, access }: FeatureContext): Feature {
  const { GATEWAY_API_KEYS_FILE: path, GATEWAY_KEY_PEPPER: given } = config;
  const store =
    path === undefined
      ? undefined
      : new KeyStore({ path, pepper: () => given ?? provideSecret(pepperPath(path)), clock });
  const service = new KeyService({
    store,
    ring: access.keys,
    fixed: new Set(config.GATEWAY_API_KEYS.map(({ id }) => id)),
    permissions: access.permissions,
    reload: access.reload,
  });
  return { routes: keyRoutes(service) };
}
