import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { clientFiles } from './client';
import { openApiPage } from './openapi';
import { configurationPage, environmentExample, errorsPage } from './pages';

const PAGES: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  '.env.example': environmentExample(),
  'docs/openapi.json': openApiPage(),
  ...clientFiles(),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, page] of Object.entries(PAGES)) {
  const file = resolve(path);
  if (!check) writeFileSync(file, page);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
    stale += 1;
    process.stderr.write(`${path} is stale: run scripts/docs\n`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
