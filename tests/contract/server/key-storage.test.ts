import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ConfigError } from '../../../runtime';
import { FileKeyStorage } from '../../../server/security/file-key-storage';
import type { KeyStorage } from '../../../server/security/key-storage';
import { RedisKeyStorage } from '../../../server/security/redis-key-storage';
import type { StoredKey } from '../../../server/security/stored-key';
import { Cleanup } from '../../support/cleanup';
import { testRedisUrl } from '../../support/redis';

const PEPPER = 'pepper of the contract';

interface Place {
  /** Another one that keeps its keys in the same place, as another process would have. */
  readonly open: () => KeyStorage;
  /** Puts a text there that is no list of keys. */
  readonly spoil: (text: string) => Promise<void>;
}

async function file(cleanup: Cleanup): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'key-storage-'));
  cleanup.does(async () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'keys.json');
  return {
    open: () => new FileKeyStorage(path),
    spoil: async (text) => writeFileSync(path, text),
  };
}

async function redis(cleanup: Cleanup): Promise<Place> {
  const client = new Redis(testRedisUrl());
  const name = `test:api-keys:${randomUUID()}`;
  cleanup.does(async () => {
    await client.del(name);
    client.disconnect();
  });
  return {
    open: () => new RedisKeyStorage({ redis: client, name, pepper: PEPPER }),
    spoil: async (text) => {
      await client.hset(name, 'version', randomUUID(), 'keys', text, 'seal', '00');
    },
  };
}

const key = (id: string, fields: Partial<StoredKey> = {}): StoredKey => ({
  id,
  environment: 'live',
  role: 'reader',
  secrets: [{ algorithm: 'hmac-sha256', hash: 'a'.repeat(64), expiresAt: undefined }],
  ...fields,
});

const added =
  (...more: readonly StoredKey[]) =>
  (keys: readonly StoredKey[]) => ({ keys: [...keys, ...more], told: keys.length });

describe.each([
  ['a file', file],
  ['Redis', redis],
] as const)('keys in %s', (_name, placeIn) => {
  const cleanup = new Cleanup();
  let place: Place;

  beforeEach(async () => {
    place = await placeIn(cleanup);
  });
  afterAll(() => cleanup.run());

  test('begin as none, and are read by others as they were written, every field', async () => {
    const whole = key('all', {
      description: 'of the tests, ü',
      scopes: ['dlq:replay'],
      tenant: 'acme',
      tasks: ['reports.*'],
      queues: ['reports'],
      createdAt: 1_900_000_000_000,
      notBefore: 1_900_000_001_000,
      expiresAt: 1_900_000_002_000,
      revokedAt: 1_900_000_003_000,
      secrets: [
        { algorithm: 'hmac-sha256', hash: 'b'.repeat(64), expiresAt: undefined },
        { algorithm: 'hmac-sha256', hash: 'c'.repeat(64), expiresAt: 1_900_000_004_000 },
      ],
    });
    expect(await place.open().change(added(whole))).toBe(0);
    expect(await place.open().change(added(key('old')))).toBe(1);
    expect((await place.open().read()).map(({ id }) => id)).toEqual(['all', 'old']);
    expect((await place.open().read())[0]).toMatchObject(whole);
  });

  test('a change of many made at the same time by several is not lost', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `key${index}`);
    const stores = [place.open(), place.open(), place.open()];
    await Promise.all(ids.map((id, index) => stores[index % 3]?.change(added(key(id)))));
    expect((await place.open().read()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  test('a change that fails writes nothing and is no change to others', async () => {
    const storage = place.open();
    await storage.change(added(key('kept')));
    const before = await storage.stamp();
    const failing = storage.change(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await storage.read()).map(({ id }) => id)).toEqual(['kept']);
    expect(await storage.stamp()).toBe(before);
  });

  test('the stamp is another one after each change, and the same while there is none', async () => {
    const [one, two] = [place.open(), place.open()];
    const stamps = new Set([await one.stamp()]);
    for (const id of ['a', 'b', 'c']) {
      await one.change(added(key(id)));
      expect(await two.stamp()).toBe(await one.stamp());
      stamps.add(await two.stamp());
    }
    expect(stamps.size).toBe(4);
  });

  test('what is no list of keys is a ConfigError that quotes nothing, and is not written over', async () => {
    await place.spoil('{CANARY');
    for (const act of [() => place.open().read(), () => place.open().change(added(key('x')))]) {
      const error: unknown = await act().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain('GATEWAY_API_KEYS');
      expect(String(error)).not.toContain('CANARY');
    }
  });
});

describe('keys in Redis', () => {
  const cleanup = new Cleanup();
  const client = new Redis(testRedisUrl());
  const name = `test:api-keys:${randomUUID()}`;
  const open = (pepper = PEPPER) => new RedisKeyStorage({ redis: client, name, pepper });
  cleanup.does(async () => {
    await client.del(name);
    client.disconnect();
  });
  afterEach(() => client.del(name));
  afterAll(() => cleanup.run());

  test.each<readonly [string, (content: string) => Promise<unknown>]>([
    ['keys', (content) => client.hset(name, 'keys', content.replace('"reader"', '"admin"'))],
    ['version', () => client.hset(name, 'version', randomUUID())],
    ['seal', () => client.hset(name, 'seal', '0'.repeat(64))],
    ['seal, away', () => client.hdel(name, 'seal')],
  ])('whoever can write to Redis but has no pepper cannot change the %s', async (_field, tamper) => {
    await open().change(added(key('ci')));
    await tamper(String(await client.hget(name, 'keys')));
    await expect(open().read()).rejects.toThrow(/not written with this GATEWAY_KEY_PEPPER/);
    await expect(open().change(added(key('more')))).rejects.toThrow(ConfigError);
  });

  test('another pepper is told as such, and does not write over the keys', async () => {
    await open().change(added(key('ci')));
    await expect(open('another').change(added(key('more')))).rejects.toThrow(/PEPPER/);
    expect(await open().read()).toHaveLength(1);
  });

  test('the pepper is not in Redis', async () => {
    await open().change(added(key('ci')));
    expect(JSON.stringify(await client.hgetall(name))).not.toContain(PEPPER);
  });

  test('keys that were there and are gone (emptied, evicted) are a fault, not an empty list', async () => {
    const storage = open();
    await storage.change(added(key('ci')));
    await storage.read();
    await client.del(name);
    await expect(storage.read()).rejects.toThrow(/no keys any more/);
    expect(await open().read()).toEqual([]);
  });

  test('a Redis that does not answer is KEYS_UNAVAILABLE', async () => {
    const away = new RedisKeyStorage({
      redis: { call: () => Promise.reject(new Error('Connection is closed.')) },
      name,
      pepper: PEPPER,
    });
    for (const act of [() => away.read(), () => away.stamp(), () => away.change(added())])
      await expect(act()).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
  });
});
