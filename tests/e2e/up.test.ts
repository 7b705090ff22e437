import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createVhost, type TestVhost } from '../support/vhost';

const run = promisify(execFile);
const REPOSITORY = join(__dirname, '..', '..');

interface UpState {
  readonly url: string;
  readonly broker_url: string;
  readonly keys: Readonly<Record<'admin' | 'submitter' | 'reader', string>>;
}

const listen = async (): Promise<Server> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
};

const freePort = async (): Promise<number> => {
  const server = await listen();
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
};

/** The living processes of these groups; a zombie that nobody collects does not count. */
const aliveIn = async (groups: readonly number[]): Promise<string[]> => {
  const { stdout } = await run('ps', ['-eo', 'pgid=,stat=,args=']);
  return stdout.split('\n').filter((line) => {
    const [group = '', state = 'Z'] = line.trim().split(/\s+/);
    return groups.includes(Number(group)) && !state.startsWith('Z');
  });
};

describe('./scripts/up', () => {
  let vhost: TestVhost;
  let data: string;
  let environment: NodeJS.ProcessEnv;

  const script = async (name: 'up' | 'down', args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    // A path of its own keeps apart what a developer has up from this folder.
    const options = { cwd: REPOSITORY, env: { ...environment, ...env }, timeout: 240_000 };
    return run(join(REPOSITORY, 'scripts', name), [...args], options);
  };
  const groupsStarted = (): number[] =>
    readdirSync(join(data, 'run'))
      .filter((name) => name.endsWith('.pid'))
      .map((name) => Number(readFileSync(join(data, 'run', name), 'utf8').split('\n')[0]));
  const upState = (): UpState => JSON.parse(readFileSync(join(data, 'up.json'), 'utf8')) as UpState;

  beforeEach(async () => {
    vhost = await createVhost('up');
    data = mkdtempSync(join(tmpdir(), 'celery-gateway-up-'));
    environment = { ...process.env, UP_DATA: data, CELERY_BROKER_URL: vhost.url };
  });

  afterEach(async () => {
    await script('down');
    await vhost.drop();
    rmSync(data, { recursive: true, force: true });
  }, 120_000);

  test('--detach leaves a working gateway, and ./scripts/down leaves nothing', async () => {
    const port = await freePort();
    const { stdout } = await script('up', ['--detach', '--port', String(port)]);

    expect(stdout).toMatch(/typescript@\S+ ran tickets\.process: category network, priority urgent/);
    expect(stdout).toMatch(/python@\S+ ran tickets\.process: category hardware, priority normal/);
    expect(stdout.match(/^ +curl /gm)).toHaveLength(3);
    expect(statSync(join(data, 'up.json')).mode & 0o777).toBe(0o600);
    for (const secret of ['keys.json', 'api-keys.json', 'api-keys.json.pepper'])
      expect(statSync(join(data, secret)).mode & 0o777).toBe(0o600);
    expect(upState().keys.admin).toMatch(/^ck_dev_admin_/);
    expect(readFileSync(join(data, 'api-keys.json'), 'utf8')).not.toContain(upState().keys.admin.slice(-40));
    const state = upState();
    expect(state).toMatchObject({ url: `http://127.0.0.1:${port}`, broker_url: vhost.url });

    const submitted = await fetch(`${state.url}/rabbitmq/tasks/submit`, {
      method: 'POST',
      headers: { authorization: `Bearer ${state.keys.submitter}`, 'content-type': 'application/json' },
      body: JSON.stringify({ task_name: 'tasks.add', args: [20, 22] }),
    });
    expect(submitted.status).toBe(202);
    const { task_id: id } = (await submitted.json()) as { task_id: string };
    const finished = await fetch(`${state.url}/rabbitmq/tasks/${id}?wait=20`, {
      headers: { authorization: `Bearer ${state.keys.reader}` },
    });
    expect(await finished.json()).toMatchObject({ task_id: id, status: 'SUCCESS', result: 42 });

    const again = await script('up', ['--detach']);
    expect(again.stdout).toContain(`Already up from this folder (${state.url})`);

    const groups = groupsStarted();
    expect(groups.length).toBeGreaterThanOrEqual(3);
    expect((await aliveIn(groups)).length).toBeGreaterThanOrEqual(groups.length);
    await script('down');
    expect(await aliveIn(groups)).toEqual([]);
    await expect(fetch(`${state.url}/health/live`)).rejects.toThrow('fetch failed');
    expect(readdirSync(join(data, 'run'))).toEqual([]);
  }, 300_000);

  test('with a private RabbitMQ node, Ctrl-C stops it with everything else and leaves the machine’s broker alone', async () => {
    const port = await freePort();
    const env = { ...environment, UP_SKIP_LOCAL_BROKER: '1', CELERY_BROKER_URL: '' };
    const up: ChildProcess = spawn(
      join(REPOSITORY, 'scripts', 'up'),
      ['--port', String(port), '--no-python'],
      { cwd: REPOSITORY, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    const ready = new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Ctrl-C stops it')) resolve();
      };
      up.stdout?.on('data', read);
      up.stderr?.on('data', read);
      up.once('exit', () => reject(new Error(output)));
    });
    await ready;
    expect(output).toMatch(/✔ RabbitMQ: a private node/);
    const groups = groupsStarted();
    expect((await aliveIn(groups)).some((line) => line.includes('beam'))).toBe(true);

    const exited = once(up, 'exit');
    process.kill(-(up.pid ?? 0), 'SIGINT');
    expect(await exited).toEqual([130, null]);
    expect(await aliveIn(groups)).toEqual([]);
    // The vhost's broker still answers: it was there before.
    expect(await createVhost('after-up').then((other) => other.drop().then(() => 'alive'))).toBe('alive');
  }, 300_000);

  test('a port that is taken is said so, and nothing is started', async () => {
    const server = await listen();
    const taken = String(portOf(server));
    await expect(script('up', ['--detach', '--port', taken])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Port ${taken} is taken`) as string,
    });
    server.close();
    expect(readdirSync(join(data, 'run'))).toEqual([]);
  });

  test.each([
    ['--port has no number', ['--port'], {}, '--port'],
    ['--port is beyond all ports', ['--port', '65536'], {}, '--port'],
    ['--port is 0', ['--port=0'], {}, '--port'],
    ['GATEWAY_PORT is none', [], { GATEWAY_PORT: 'http' }, 'GATEWAY_PORT'],
  ])('%s: said in one sentence', async (_case, args, env, named) => {
    await expect(script('up', ['--detach', ...args], env)).rejects.toMatchObject({
      code: 2,
      stderr: `${named} needs a port number, 1 to 65535\n`,
    });
  });

  test('a broker in the settings that does not answer ends it, without the password in the text', async () => {
    const broker = { CELERY_BROKER_URL: 'amqp://guest:hidden-word@127.0.0.1:1/' };
    const port = String(await freePort());
    const failed: unknown = await script('up', ['--detach', '--port', port], broker).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') as string });
    expect(JSON.stringify(failed)).not.toContain('hidden-word');
  });
});
