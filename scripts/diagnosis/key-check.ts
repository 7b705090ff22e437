import { statSync } from 'node:fs';
import { type Clock, silentLogger } from '../../runtime';
import { createAccess } from '../../server/bootstrap/access';
import type { ServerConfig } from '../../server/config';
import { type Finding, finding, words } from './finding';

const CHECK = 'API keys';
const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;
/** Permission bits of group and others. */
const NOT_OWNER = 0o077;

function checkMode(path: string | undefined): readonly Finding[] {
  if (path === undefined) return [];
  const mode = statSync(path).mode & 0o777;
  if ((mode & NOT_OWNER) === 0) return [];
  const detail = `the key file can be read by others (mode ${mode.toString(8)})`;
  return [finding(CHECK, 'warning', detail, 'chmod 600 the file that GATEWAY_API_KEYS_FILE names.')];
}

/** Whether somebody could call, and will still be able to next week. */
export async function checkKeys(config: ServerConfig, clock: Clock): Promise<readonly Finding[]> {
  let usable: readonly { readonly id: string; readonly expiresAt?: number | undefined }[];
  try {
    const access = createAccess({ config, logger: silentLogger(), clock, broker: undefined });
    try {
      for (const part of access.parts) await part.start();
      // Starting goes on without the keys; this says why there are none.
      await access.loaded.reload();
    } finally {
      for (const part of access.parts) await part.stop();
    }
    const { keys } = access.keys;
    const now = clock.now();
    usable = keys.filter(
      ({ expiresAt, revokedAt }) => (expiresAt ?? Infinity) > now && (revokedAt ?? Infinity) > now,
    );
  } catch (error) {
    return [finding(CHECK, 'problem', words(error), 'Mend the setting it names.')];
  }
  const mode = checkMode(config.GATEWAY_API_KEYS_FILE);
  if (usable.length === 0 && config.GATEWAY_JWT_JWKS_URL === undefined)
    return [finding(CHECK, 'problem', 'nobody can call: there is no key', 'Make one: scripts/keys create.')];
  const ending = usable.filter(({ expiresAt }) => (expiresAt ?? Infinity) < clock.now() + SOON_MS);
  if (ending.length > 0) {
    const detail = `expire within a week: ${ending.map(({ id }) => id).join(', ')}`;
    return [finding(CHECK, 'warning', detail, 'Rotate them: scripts/keys rotate.'), ...mode];
  }
  return mode.length > 0 ? mode : [finding(CHECK, 'ok', `${usable.length} in force`)];
}
