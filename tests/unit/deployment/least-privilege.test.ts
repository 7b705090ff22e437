import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parse } from 'yaml';
import { serverConfigSchema } from '../../../server/config';
import { composeFile, readText } from './docker-files';

interface Overlay {
  readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>>;
}

interface Definitions {
  readonly users: readonly { readonly name: string; readonly password_hash: string }[];
  readonly permissions: readonly {
    readonly user: string;
    readonly vhost: string;
    readonly configure: string;
    readonly write: string;
    readonly read: string;
  }[];
}

const SCRIPT = join(__dirname, '..', '..', '..', 'deploy', 'rabbitmq', 'definitions.mjs');
const PASSWORDS = {
  RABBITMQ_GATEWAY_PASSWORD: 'one',
  RABBITMQ_CONTROL_PASSWORD: 'two',
  RABBITMQ_WORKER_PASSWORD: 'three',
};
const definitions = JSON.parse(
  execFileSync(process.execPath, [SCRIPT], { env: { ...process.env, ...PASSWORDS }, encoding: 'utf8' }),
) as Definitions;

describe('deploy/least-privilege.yml', () => {
  const overlay = parse(readText('deploy/least-privilege.yml')) as Overlay;

  test('changes services that docker-compose.yml has, by settings the gateway knows', () => {
    const known = Object.keys(composeFile().services);
    for (const name of Object.keys(overlay.services)) expect(known).toContain(name);
    const settings = Object.keys(serverConfigSchema.describe().keys as object);
    for (const name of Object.keys(overlay.services.gateway?.environment ?? {}))
      expect(settings).toContain(name);
  });

  test('gives each program a user and the virtual host of the definitions', () => {
    const users = definitions.users.map(({ name }) => name);
    for (const { environment } of Object.values(overlay.services)) {
      const [, user, vhost] =
        /^amqp:\/\/(\w+):.*@rabbitmq:5672\/(\w+)$/.exec(environment?.CELERY_BROKER_URL ?? '') ?? [];
      if (environment === undefined) continue;
      expect(users).toContain(user);
      expect(definitions.permissions.find((one) => one.user === user)?.vhost).toBe(vhost);
    }
  });
});

describe('deploy/rabbitmq/definitions.mjs', () => {
  test('hashes passwords as RabbitMQ does, and prints none', () => {
    const text = JSON.stringify(definitions);
    for (const password of Object.values(PASSWORDS)) expect(text).not.toContain(`"${password}"`);
    const bytes = Buffer.from(definitions.users[0]?.password_hash ?? '', 'base64');
    const digest = createHash('sha256').update(bytes.subarray(0, 4)).update('one').digest();
    expect(bytes.subarray(4)).toEqual(digest);
  });

  test('every pattern is anchored, and none but the default exchange opens names that are not listed', () => {
    for (const { configure, write, read } of definitions.permissions) {
      for (const pattern of [configure, write, read]) {
        expect(pattern).toMatch(/^\^\(.*\)\$$/);
        expect(new RegExp(pattern).test('payroll')).toBe(false);
      }
    }
  });

  test('asks for a password that is not set', () => {
    const { RABBITMQ_WORKER_PASSWORD: _missing, ...others } = PASSWORDS;
    const call = () =>
      execFileSync(process.execPath, [SCRIPT], { env: { PATH: process.env.PATH, ...others }, stdio: 'pipe' });
    expect(call).toThrow(/RABBITMQ_WORKER_PASSWORD is not set/);
  });
});
