import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CelerySession } from '../support/celery-session';
import { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { REPOSITORY, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const run = promisify(execFile);
const GUIDE = 'docs/guide/examples';
/** What an author installs beside the package itself. */
const INSTALLED = ['joi', '@opentelemetry', '@types/node', 'undici-types'];

const TSCONFIG = {
  compilerOptions: {
    ...{
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
    },
    ...{ rootDir: 'src', outDir: 'dist', declaration: true },
  },
  include: ['src'],
};

/** A package outside of this repository with the guide's examples as its source, built against the published types. */
const buildPackage = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'node_modules', '@types'), { recursive: true });
  await symlink(REPOSITORY, join(folder, 'node_modules', 'celery-gateway'));
  for (const name of INSTALLED) {
    await symlink(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await cp(join(REPOSITORY, GUIDE), join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'orders', version: '1.0.0' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const tsc = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', folder]).catch((error: { readonly stdout?: string }) => {
    throw new Error(`the package does not build:\n${error.stdout}`, { cause: error });
  });
};

describe('the guide, followed from a package of its own', () => {
  const cleanup = new Cleanup();
  let folder: string;
  let brokerUrl: string;
  let session: CelerySession;

  beforeAll(async () => {
    const vhost = await createVhost('guide');
    cleanup.does(() => vhost.drop());
    brokerUrl = vhost.url;
    session = await cleanup.stops(CelerySession.open(brokerUrl));
    folder = await mkdtemp(join(tmpdir(), 'guide-'));
    cleanup.does(() => rm(folder, { recursive: true, force: true }));
    await buildPackage(folder);
  }, 60_000);

  afterAll(() => cleanup.run(), 60_000);

  /** The command line, in the package's folder. */
  const startWorker = (args: readonly string[]): Promise<TestProcess> =>
    TestProcess.start({
      command: process.execPath,
      args: [join(REPOSITORY, 'dist', 'workers', 'main.js'), ...args],
      cwd: folder,
      env: { CELERY_BROKER_URL: brokerUrl },
      readyWhen: / ready\./,
    });

  test('the worker in ten lines runs a task and stops by itself on SIGTERM', async () => {
    const worker = await cleanup.stops(
      TestProcess.start({
        command: process.execPath,
        args: [join(folder, 'dist', 'worker.js')],
        env: { CELERY_BROKER_URL: brokerUrl },
      }),
    );
    const id = await session.submit('guide.add', [40, 2]);
    expect((await session.result(id)).result).toBe(42);
    await worker.stop('SIGTERM');
    expect(await worker.exit()).toBe(0);
  }, 60_000);

  test('CPU-bound tasks run in threads', async () => {
    await cleanup.stops(
      startWorker(['--tasks', './dist/cpu.js', '-P', 'threads', '-Q', 'cpu', '-n', 'cpu@%h']),
    );
    const id = await session.submit('guide.primes', [100], { queue: 'cpu' });
    expect((await session.result(id)).result).toEqual({ count: 25, inThread: true });
  }, 60_000);

  test('a built folder of tasks runs by the command line, beside Python under the same names', async () => {
    const single = ['-n', 'typescript@%h', '-c', '1', '--prefetch-multiplier', '1'];
    await cleanup.stops(startWorker(['--tasks', './dist/shared-tasks.js', '-Q', 'celery', ...single]));
    const app = { brokerUrl, app: 'shared_tasks', folder: GUIDE };
    await cleanup.stops(startPythonWorker({ ...app, extraArgs: ['--prefetch-multiplier=1'] }));
    const answers = await until(
      async () => {
        const seen = await runPython<readonly string[]>(
          app,
          `
from shared_tasks import language
answer(sorted({r.get(timeout=20) for r in [language.delay("hello") for _ in range(50)]}))`,
        );
        return seen.length === 2 && seen;
      },
      { timeoutMs: 60_000, what: 'answers in both languages' },
    );
    expect(answers).toEqual(['python: hello', 'typescript: hello']);
  }, 120_000);
});
