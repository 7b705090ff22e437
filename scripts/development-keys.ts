import { readFileSync, writeFileSync } from 'node:fs';
import { createApiKey } from '../server/security/api-key';
import { ROLES } from '../server/security/scopes';

/** API keys for one developer's machine: made once, kept in a file only its owner reads, never shipped. */
interface DevelopmentKeys {
  readonly keys: Readonly<Record<string, string>>;
  /** What the gateway is given: digests only. */
  readonly stored: string;
}

function createKeys(): DevelopmentKeys {
  const made = ROLES.map((role) => ({ role, ...createApiKey(role, `dev${role}`) }));
  return {
    keys: Object.fromEntries(made.map(({ role, key }) => [role, key])),
    stored: made.map(({ line }) => line).join(','),
  };
}

function exists(path: string): boolean {
  try {
    const { keys } = JSON.parse(readFileSync(path, 'utf8')) as DevelopmentKeys;
    return ROLES.every((role) => typeof keys[role] === 'string');
  } catch {
    return false;
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: development-keys FILE');
if (!exists(path)) writeFileSync(path, `${JSON.stringify(createKeys(), null, 2)}\n`, { mode: 0o600 });
