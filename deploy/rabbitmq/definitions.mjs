#!/usr/bin/env node
// Prints RabbitMQ definitions with the users of permissions.json, for `rabbitmqctl import_definitions` or
// `load_definitions`. Passwords come from the environment (RABBITMQ_GATEWAY_PASSWORD and so on) and are hashed here, as
// RabbitMQ keeps them: base64(salt + SHA-256(salt + password)).
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const usage = `usage: definitions.mjs [--vhost NAME] [--queues NAME,NAME…] [--prefix TEXT] > definitions.json

  --vhost   virtual host (default: celery)
  --queues  the queues that workers consume (default: celery,typescript,python)
  --prefix  before the names of the users (default: none)

Needs RABBITMQ_GATEWAY_PASSWORD, RABBITMQ_CONTROL_PASSWORD and RABBITMQ_WORKER_PASSWORD.`;

const { values } = parseArgs({
  options: {
    vhost: { type: 'string', default: 'celery' },
    queues: { type: 'string', default: 'celery,typescript,python' },
    prefix: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

function passwordOf(name) {
  const setting = `RABBITMQ_${name.toUpperCase()}_PASSWORD`;
  const password = process.env[setting];
  if (password) return password;
  console.error(`${setting} is not set\n\n${usage}`);
  process.exit(2);
}

function hashed(password) {
  const salt = randomBytes(4);
  const digest = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, digest]).toString('base64');
}

const escaped = (queue) => queue.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const queues = values.queues.split(',').map(escaped).join('|');
const filled = (pattern) => pattern.replaceAll('{queues}', queues);

const all = Object.entries(JSON.parse(readFileSync(new URL('permissions.json', import.meta.url), 'utf8')));
const definitions = {
  vhosts: [{ name: values.vhost }],
  users: all.map(([name]) => ({
    name: values.prefix + name,
    password_hash: hashed(passwordOf(name)),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: '',
  })),
  permissions: all.map(([name, { configure, write, read }]) => ({
    user: values.prefix + name,
    vhost: values.vhost,
    configure: filled(configure),
    write: filled(write),
    read: filled(read),
  })),
};
console.log(JSON.stringify(definitions, null, 2));
