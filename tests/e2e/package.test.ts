import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CelerySession } from '../support/celery-session';
import { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { REPOSITORY } from '../support/python';
import { createVhost } from '../support/vhost';

const run = promisify(execFile);

const TASKS = `import { defineTask, type TaskContext, type TaskSettings } from 'celery-gateway';
import { createClient } from 'celery-gateway/client';

void createClient({ url: 'http://localhost', apiKey: 'none' }).getLiveness;

const settings: TaskSettings = { acksLate: true, queue: 'celery', retryBackoff: 2, autoretryFor: [RangeError] };

async function total(context: TaskContext, numbers: readonly unknown[]): Promise<number> {
  await context.sleep(1);
  return numbers.reduce<number>((sum, each) => sum + Number(each), 0);
}

export const sum = defineTask('outside.sum', { ...settings, params: ['*numbers'] }, (context, { numbers }) =>
  total(context, numbers),
);

// @ts-expect-error The handler gets no argument the task has not declared.
export const typed = defineTask('outside.typed', { params: ['x'] }, (_context, { y }) => y);
`;

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2023', module: 'nodenext', types: ['node'], strict: true, skipLibCheck: false },
    ...{ rootDir: '.', outDir: 'built' },
  },
  files: ['tasks.ts'],
};

/** What stands in `node_modules` after an install of the packed package: it, and what it depends on. */
const install = async (folder: string): Promise<string> => {
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { cwd: REPOSITORY },
  );
  const packed = join(folder, 'node_modules', 'celery-gateway');
  await mkdir(packed, { recursive: true });
  const file = stdout.trim().split('\n').at(-1) ?? '';
  await run('tar', ['-xzf', join(folder, file), '-C', packed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules', name), link);
  }
  return packed;
};

describe('the packed package', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run());

  test('types a task module elsewhere and runs it by its command', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outside-'));
    cleanup.does(() => rm(folder, { recursive: true, force: true }));
    const packed = await install(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'outside', version: '1.0.0' }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await writeFile(join(folder, 'tasks.ts'), TASKS);
    const tsc = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', folder]).catch((error: { readonly stdout?: string }) => {
      throw new Error(`the task module does not build:\n${error.stdout}`, { cause: error });
    });

    const vhost = await createVhost('package');
    cleanup.does(() => vhost.drop());
    const session = await cleanup.stops(CelerySession.open(vhost.url));
    const bin = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8')) as {
      readonly bin: { readonly 'celery-gateway-worker': string };
    };
    await cleanup.stops(
      TestProcess.start({
        command: process.execPath,
        args: [
          join(packed, bin.bin['celery-gateway-worker']),
          ...['--tasks', join(folder, 'built', 'tasks.js'), '-n', 'outside@here'],
        ],
        env: { CELERY_BROKER_URL: vhost.url },
        readyWhen: / ready\./,
      }),
    );
    const id = await session.submit('outside.sum', [20, 21, 1]);
    expect((await session.result(id)).result).toBe(42);
  }, 120_000);
});
