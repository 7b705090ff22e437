import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..', '..');
const page = readFileSync(join(ROOT, 'docs', 'rabbitmq-management.md'), 'utf8');
const { paths } = JSON.parse(readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const rows = page
  .split('\n')
  .filter((line) => /^\| (?!RabbitMQ \||---)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('every route of the page exists', () => {
  const routes = rows.flatMap(([, , here = '']) => [...here.matchAll(/`(GET|POST|PUT|DELETE) (\/[^`]+)`/g)]);
  expect(routes.length).toBeGreaterThan(20);
  const missing = routes.filter(([, method = '', path = '']) => {
    const full = path.startsWith('/health') ? path : `/rabbitmq${path}`;
    return paths[full]?.[method.toLowerCase()] === undefined;
  });
  expect(missing.map(([route]) => route)).toEqual([]);
});

test('every row that has a route names tests that are there', () => {
  const without = rows.filter(([, , here = '', , shown = '']) => {
    const tests = [...shown.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = '']) =>
      join(ROOT, 'tests', file),
    );
    return here !== 'not here' && (tests.length === 0 || !tests.every(existsSync));
  });
  expect(without).toEqual([]);
});
