import { hostname } from 'node:os';
import type { ServerConfig } from '../config';

/** What tells this gateway from the others: the same after a restart. */
export const instanceName = (config: ServerConfig): string =>
  config.GATEWAY_INSTANCE ?? `${hostname()}-${config.GATEWAY_PORT}`;
