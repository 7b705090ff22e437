import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../runtime';
import { KeyStore } from '../server/keys/key-store';
import { FileKeyStorage } from '../server/security/file-key-storage';
import { readKeyFile } from '../server/security/key-file';
import { ROLES } from '../server/security/scopes';
import { pepperPath, provideSecret } from '../server/security/secret-file';

/**
 * API keys for one developer's machine, made once and never shipped: the texts in a file that only its owner reads, and beside
 * it the key file the gateway is given, with keyed hashes alone.
 */
type KeyTexts = Readonly<Record<string, string>>;

const ENVIRONMENT = 'dev';

async function createKeys(keyFile: string): Promise<KeyTexts> {
  const store = new KeyStore({
    storage: new FileKeyStorage(keyFile),
    pepper: () => provideSecret(pepperPath(keyFile)),
    clock: systemClock,
  });
  const texts: Record<string, string> = {};
  for (const role of ROLES) {
    const { text } = await store.create({
      id: role,
      role,
      environment: ENVIRONMENT,
      description: './scripts/up',
    });
    texts[role] = text;
  }
  return texts;
}

/** Both files are there, and speak of the same keys: one of them may have been deleted, or be of an older version. */
function exist(textsFile: string, keyFile: string): boolean {
  try {
    const { keys } = JSON.parse(readFileSync(textsFile, 'utf8')) as { readonly keys: KeyTexts };
    const known = new Set(readKeyFile(keyFile).map(({ id }) => id));
    return ROLES.every((role) => keys[role]?.startsWith(`ck_${ENVIRONMENT}_`) === true && known.has(role));
  } catch {
    return false;
  }
}

async function main([textsFile]: readonly string[]): Promise<void> {
  if (textsFile === undefined) throw new Error('usage: development-keys FILE');
  const keyFile = join(dirname(textsFile), 'api-keys.json');
  if (exist(textsFile, keyFile)) return;
  rmSync(keyFile, { force: true });
  const keys = await createKeys(keyFile);
  writeFileSync(textsFile, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
