import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A virtual host of its own: pidbox and events are global within a vhost, so no two test files may share one. */
export interface TestVhost {
  readonly name: string;
  /** `amqp://` URL of this vhost, for our own layers and for Python. */
  readonly url: string;
  drop(): Promise<void>;
}

const brokerUrl = (): URL => new URL(process.env.TEST_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/');

/** The command that reaches the broker's node, e.g. `rabbitmqctl -n test@localhost`; set by `scripts/test`. */
const controlCommand = (): string[] => (process.env.TEST_RABBITMQCTL ?? 'rabbitmqctl').split(' ');

/** Runs one `rabbitmqctl` command on the test broker. */
export const rabbitmqctl = async (...args: string[]): Promise<string> => {
  const [command = 'rabbitmqctl', ...prefix] = controlCommand();
  const { stdout } = await run(command, [...prefix, '-q', ...args]);
  return stdout;
};

/** Creates a vhost with full permissions for the test user in one `rabbitmqctl` call. */
export const createVhost = async (label = 'test'): Promise<TestVhost> => {
  const base = brokerUrl();
  const name = `${label}-${randomUUID().slice(0, 8)}`;
  const user = decodeURIComponent(base.username || 'guest');
  await rabbitmqctl(
    'eval',
    `rabbit_vhost:add(<<"${name}">>, <<"test">>), rabbit_auth_backend_internal:set_permissions(<<"${user}">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>).`,
  );
  const url = new URL(base);
  url.pathname = `/${encodeURIComponent(name)}`;
  return {
    name,
    url: url.toString(),
    drop: async () => {
      await rabbitmqctl('delete_vhost', name);
    },
  };
};
