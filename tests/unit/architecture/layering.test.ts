import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageOf, ROOT, type SourceFile, sources, target } from './imports';

const files = sources();

/** Which rooms each room may import (DESIGN.md, section 3). */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  amqp: [],
  celery: ['amqp'],
  // It goes to other people's programs, browsers among them.
  client: [],
  runtime: [],
  server: ['celery', 'amqp', 'runtime'],
  workers: ['celery', 'amqp', 'runtime'],
};

/** Folders with an index of their own that other rooms may import. */
const INNER_INDEXES = /^celery\/[a-z]+(?:-[a-z]+)*(?:\/index)?$/;

interface Edge {
  readonly from: SourceFile;
  readonly specifier: string;
  readonly to: string;
}

const edges: readonly Edge[] = files.flatMap((from) =>
  from.imports.flatMap((specifier) => {
    const to = target(from, specifier);
    return to === undefined ? [] : [{ from, specifier, to }];
  }),
);

const roomOf = (path: string): string => path.split('/')[0] ?? '';
const crossing = edges.filter(({ from, to }) => roomOf(to) !== from.room);
const show = ({ from, specifier }: Edge): string => `${from.path} -> ${specifier}`;

const usersOf = (name: string): readonly string[] =>
  files
    .filter((file) => file.imports.some((specifier) => packageOf(specifier) === name))
    .map((file) => file.path);

const outside = (paths: readonly string[], allowed: RegExp): readonly string[] =>
  paths.filter((path) => !allowed.test(path));

describe('the layers', () => {
  test('the sources are found', () => {
    expect(new Set(files.map((file) => file.room))).toEqual(new Set(Object.keys(ALLOWED)));
    expect(edges.length).toBeGreaterThan(files.length / 2);
  });

  test('a room imports only the rooms below it', () => {
    const wrong = crossing.filter(({ from, to }) => !ALLOWED[from.room]?.includes(roomOf(to)));
    expect(wrong.map(show)).toEqual([]);
  });

  test('another room is imported through an index only', () => {
    const wrong = crossing.filter(({ to }) => !/^[a-z]+(?:\/index)?$/.test(to) && !INNER_INDEXES.test(to));
    expect(wrong.map(show)).toEqual([]);
  });

  test("celery's folders import each other through an index only", () => {
    const folder = (path: string): string => path.split('/')[1] ?? '';
    const wrong = edges.filter(({ from, to }) => {
      if (from.room !== 'celery' || roomOf(to) !== 'celery' || folder(from.path) === folder(to)) return false;
      // Files of the room itself (celery/errors) have no folder.
      return to.split('/').length > 2 && !INNER_INDEXES.test(to);
    });
    expect(wrong.map(show)).toEqual([]);
  });
});

describe('the packages', () => {
  test.each([
    ['amqplib', /^amqp\//],
    ['celery-node', /^celery\/client\//],
    ['express', /^server\//],
    ['ajv', /^server\/catalogue\//],
    ['helmet', /^server\/app\.ts$/],
    ['express-rate-limit', /^server\/security\//],
    ['winston', /^runtime\//],
    ['prom-client', /^server\/metrics\//],
    ['standardwebhooks', /^server\/webhooks\//],
    ['joi', /^(runtime\/|workers\/config|server\/(config|http|[a-z-]+\/(schema|answers)))/],
    // Beside results, only the counters of rate limits and API keys, which no layer below knows of.
    ['ioredis', /^(celery\/results\/|server\/bootstrap\/(rate-limits|key-storage)\.ts$)/],
    ['croner', /^server\/schedules\//],
    ['commander', /^(server\/(main|[a-z]+\/command)\.ts|workers\/)/],
    ['jose', /^server\/security\//],
    ['rate-limit-redis', /^server\/security\//],
    ['@opentelemetry/api', /^runtime\/tracing\.ts$/],
  ] as const)('%s is imported only where it belongs', (name, allowed) => {
    expect(usersOf(name).length).toBeGreaterThan(0);
    expect(outside(usersOf(name), allowed)).toEqual([]);
  });
});

describe('the parts of the gateway', () => {
  const services = files.filter(({ path }) => /^server\/[a-z-]+\/(service|task-state|view)\.ts$/.test(path));

  test('services and views see no request, no response, no schema and no status', () => {
    const wrong = services.filter(
      (file) =>
        file.imports.some((specifier) => ['express', 'joi'].includes(packageOf(specifier) ?? '')) ||
        file.imports.some((specifier) =>
          /\/(schema|routes|problem|problem-table|validation)$/.test(specifier),
        ) ||
        /\b(statusCode|req|res)\b/.test(file.text),
    );
    // A view may take the type of the body it answers; a service may not.
    const strict = wrong.filter(
      ({ path, imports }) => !(path.endsWith('/view.ts') && imports.every((i) => i !== 'joi')),
    );
    expect(services.length).toBeGreaterThanOrEqual(8);
    expect(strict.map(({ path }) => path)).toEqual([]);
  });

  test('routes reach messaging through a service', () => {
    const routes = files.filter(({ path }) => /^server\/[a-z-]+\/routes\.ts$/.test(path));
    const wrong = routes.filter((file) => file.imports.some((specifier) => specifier.includes('messaging')));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('the habits', () => {
  test('process.env is read only in main.ts', () => {
    const users = files.filter(({ text }) => /\bprocess\.env\b/.test(text)).map(({ path }) => path);
    expect(outside(users, /^(server|workers)\/main\.ts$/)).toEqual([]);
  });

  test('exports are named', () => {
    expect(files.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('no file is longer than 300 lines', () => {
    const lines = (path: string): number => readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1;
    // Nobody reads what scripts/docs writes.
    const written = files.filter(({ path }) => !path.startsWith('client/operations/'));
    expect(written.filter(({ path }) => lines(path) > 300).map(({ path }) => path)).toEqual([]);
  });

  test('no drawer: nothing is called utils, helpers, common, misc or manager', () => {
    const drawers = /(^|[/-])(utils?|helpers?|common|misc|managers?)([./-]|$)/;
    expect(files.filter(({ path }) => drawers.test(path)).map(({ path }) => path)).toEqual([]);
  });
});
