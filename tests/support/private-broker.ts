import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's own scripts switch to the user `rabbitmq`; those they wrap do not. */
const DEBIAN_BIN = '/usr/lib/rabbitmq/bin';
const command = (name: string): string =>
  existsSync(join(DEBIAN_BIN, name)) ? join(DEBIAN_BIN, name) : name;

/** A TCP port nobody listens on just now. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** A RabbitMQ node of the test's own, to be killed, frozen and restarted; the broker others use is never touched. */
export class PrivateBroker {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    private readonly node: string,
    readonly port: number,
    /** Where other nodes of its cluster find it. */
    readonly distPort: number,
  ) {}

  /**
   * @param config further lines of rabbitmq.conf, given the node's directory
   * @param plugins such as `rabbitmq_management`; none by default
   */
  static async create(
    config: (directory: string) => readonly string[] = () => [],
    plugins: readonly string[] = [],
  ): Promise<PrivateBroker> {
    const directory = await mkdtemp(join(tmpdir(), 'broker-'));
    const [port, distPort] = [await freePort(), await freePort()];
    const broker = new PrivateBroker(
      directory,
      `chaos-${randomUUID().slice(0, 8)}@localhost`,
      port,
      distPort,
    );
    await mkdir(join(directory, 'mnesia'));
    const lines = [`listeners.tcp.default = 127.0.0.1:${port}`, ...config(directory)];
    await writeFile(join(directory, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
    await writeFile(join(directory, 'enabled_plugins'), `[${plugins.join(',')}].\n`);
    await broker.start();
    return broker;
  }

  /** The node's name, for those that join it. */
  get name(): string {
    return this.node;
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.port}/`;
  }

  async start(): Promise<void> {
    this.#process = spawn(command('rabbitmq-server'), {
      env: this.#environment(),
      stdio: 'ignore',
      detached: true,
    });
    await this.ctl('wait', '--timeout', '60', this.#pidFile);
    await this.ctl('await_startup');
  }

  /** Stops the node dead, as a power cut of the process would. */
  async kill9(): Promise<void> {
    await this.signal('SIGKILL');
    await this.#gone();
  }

  /** `SIGSTOP` freezes the node, `SIGCONT` lets it go on. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal);
  }

  async pid(): Promise<number> {
    return Number(await readFile(this.#pidFile, 'utf8'));
  }

  async ctl(...args: string[]): Promise<string> {
    return (await run(command('rabbitmqctl'), ['-q', '-n', this.node, ...args], { env: this.#environment() }))
      .stdout;
  }

  /** Ends the node and removes what it wrote. */
  async stop(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.kill9();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  get #pidFile(): string {
    return join(this.directory, 'mnesia', 'node.pid');
  }

  async #gone(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
    await rm(this.#pidFile, { force: true });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOME: this.directory,
      RABBITMQ_NODENAME: this.node,
      RABBITMQ_NODE_PORT: String(this.port),
      RABBITMQ_DIST_PORT: String(this.distPort),
      RABBITMQ_MNESIA_BASE: join(this.directory, 'mnesia'),
      RABBITMQ_LOG_BASE: join(this.directory, 'logs'),
      RABBITMQ_PID_FILE: this.#pidFile,
      RABBITMQ_CONFIG_FILE: join(this.directory, 'rabbitmq.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(this.directory, 'none.config'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_ENABLED_PLUGINS_FILE: join(this.directory, 'enabled_plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none',
    };
  }
}
