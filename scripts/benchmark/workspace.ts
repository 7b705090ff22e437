import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A virtual host for one run, so that queues, streams and control traffic of others stay out of the figures. */
export interface Workspace {
  /** `amqp://` URL the subjects connect to. */
  readonly url: string;
  drop(): Promise<void>;
}

export interface BrokerAccess {
  readonly url: string;
  /** The command that reaches the broker's node, e.g. `rabbitmqctl -n test@localhost`. */
  readonly controlCommand: string;
  /** Without its own vhost the run takes place in the URL's; for brokers whose control command is out of reach. */
  readonly ownVhost: boolean;
}

export const createWorkspace = async (broker: BrokerAccess): Promise<Workspace> => {
  if (!broker.ownVhost) return { url: broker.url, drop: async () => {} };
  const [command = 'rabbitmqctl', ...prefix] = broker.controlCommand.split(' ');
  const control = (...args: string[]) => run(command, [...prefix, '-q', ...args]);
  const url = new URL(broker.url);
  const vhost = `bench-${randomUUID().slice(0, 8)}`;
  await control('add_vhost', vhost);
  await control(
    'set_permissions',
    '-p',
    vhost,
    decodeURIComponent(url.username || 'guest'),
    '.*',
    '.*',
    '.*',
  );
  url.pathname = `/${vhost}`;
  return {
    url: url.toString(),
    drop: async () => {
      await control('delete_vhost', vhost);
    },
  };
};
