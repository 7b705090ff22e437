import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientFiles } from '../../../scripts/documentation/client';
import { openApiPage } from '../../../scripts/documentation/openapi';
import { configurationPage, environmentExample, errorsPage } from '../../../scripts/documentation/pages';

const stored = (path: string): string => readFileSync(join(__dirname, '..', '..', '..', path), 'utf8');

const pages: readonly (readonly [string, () => string])[] = [
  ['docs/configuration.md', configurationPage],
  ['docs/errors.md', errorsPage],
  ['.env.example', environmentExample],
  ['docs/openapi.json', openApiPage],
  ...Object.entries(clientFiles()).map(([path, page]) => [path, () => page] as const),
];

test.each(pages)('%s is what scripts/docs generates', (path, page) => {
  expect(stored(path)).toBe(page());
});

test('every setting has a description', () => {
  const undescribed = configurationPage()
    .split('\n')
    .filter((line) => line.startsWith('| `') && /\|\s*\|$/.test(line));
  expect(undescribed).toEqual([]);
});
