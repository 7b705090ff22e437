import { type ContentProtection, loadProtection } from '../../celery';
import { ConfigError } from '../../runtime';
import type { ServerConfig } from '../config';

/** What signs or encrypts bodies; undefined where they are plain. @throws ConfigError for keys that cannot be used. */
export function contentProtection(config: ServerConfig): ContentProtection | undefined {
  try {
    return loadProtection(config, Date.now);
  } catch (error) {
    throw new ConfigError([{ setting: 'CELERY_SECURITY_*, CELERY_ENCRYPTION_*', detail: String(error) }]);
  }
}
