import { AmqpConnection, type PublishRequest, Topology } from '../../../../amqp';
import { RevokeLog, readRevokeEntry, writeRevokeEntry } from '../../../../celery/revokes';
import { holdUntil } from '../../../../celery/revokes/hold';
import { Tombstones } from '../../../../celery/revokes/tombstones';
import { silentLogger } from '../../../../runtime';

const START = 1_800_000_000_000;
const HOLD_SECONDS = 3600;

/** A log that is never opened, on a clock that the test sets, and what it wrote. */
function revokeLog(maxEntries = 100) {
  let now = START;
  const written: PublishRequest[] = [];
  const logger = silentLogger();
  const connection = new AmqpConnection({ urls: ['amqp://nowhere'], name: 'test', logger });
  const log = new RevokeLog({
    connection,
    topology: new Topology({ connection, logger }),
    publisher: {
      publish: async (request) => {
        written.push(request);
      },
    },
    maxAgeSeconds: HOLD_SECONDS,
    maxEntries,
    logger,
    now: () => now,
  });
  return {
    log,
    written,
    later: (ms: number) => {
      now += ms;
    },
  };
}

describe('revokes that are kept', () => {
  it('hold until they expire, and are then gone by themselves', async () => {
    const { log, later } = revokeLog();
    expect(await log.addIds(['a'], undefined)).toBe(START + HOLD_SECONDS * 1000);
    await log.addStamps({ customer: ['c1'] }, 'SIGTERM');
    later(HOLD_SECONDS * 1000 - 1);
    expect(log.ids()).toEqual(['a']);
    later(1);
    expect(log.ids()).toEqual([]);
    expect(log.expiryOf('a')).toBeUndefined();
    expect(log.stampBatches()).toEqual([]);
  });

  it('made twice are one, that holds longer', async () => {
    const { log, later } = revokeLog();
    await log.addIds(['a', 'b'], undefined);
    await log.addStamps({ customer: ['c1'] }, undefined);
    later(1000);
    await log.addIds(['a'], 'SIGKILL');
    await log.addStamps({ customer: ['c1'] }, undefined);
    expect(log.ids()).toEqual(['b', 'a']);
    expect(log.stampBatches()).toHaveLength(1);
    later(HOLD_SECONDS * 1000 - 1000);
    expect(log.ids()).toEqual(['a']);
  });

  it('go out in portions, each with how to end what runs', async () => {
    const { log, written } = revokeLog(5000);
    const ids = Array.from({ length: 1500 }, (_, index) => `t${index}`);
    await log.addIds(ids, undefined);
    await log.addIds(['x'], 'SIGKILL');
    expect(written).toHaveLength(3);
    expect(log.idBatches().map(({ terminateWith, taskIds }) => [terminateWith, taskIds.length])).toEqual([
      [undefined, 1000],
      [undefined, 500],
      ['SIGKILL', 1],
    ]);
  });

  it('are bounded: the oldest go first', async () => {
    const { log } = revokeLog(2);
    await log.addIds(['a', 'b', 'c'], undefined);
    expect(log.ids()).toEqual(['b', 'c']);
  });
});

describe('a revoke of a task that is due later', () => {
  const HOUR = 3_600_000;
  const HOLD = HOLD_SECONDS * 1000;
  const limits = { holdMs: HOLD, maxHoldMs: 1000 * HOUR };

  it.each([
    ['nothing is known', undefined, START + HOLD],
    ['it is due before that', { notBefore: START + 1000, notAfter: START + 2000 }, START + HOLD],
    ['its ETA is later: so long from then on', { notBefore: START + 10 * HOUR }, START + 10 * HOUR + HOLD],
    ['it expires later', { notAfter: START + 10 * HOUR }, START + 10 * HOUR],
    [
      'it expires soon after its ETA',
      { notBefore: START + 9 * HOUR, notAfter: START + 9.5 * HOUR },
      START + 10 * HOUR,
    ],
    ['it is due in a thousand years', { notBefore: START + 8_766_000 * HOUR }, START + 1000 * HOUR],
  ])('holds where %s', (_what, window, until) => {
    expect(holdUntil(START, limits, window)).toBe(until);
  });

  it('holds on when others have expired, and is told of in portions with all that hold', async () => {
    const { log, later } = revokeLog();
    const held = await log.addIds(['soon', 'late', 'soon too'], undefined, (taskId) =>
      taskId === 'late' ? { notBefore: START + 10 * HOUR } : undefined,
    );
    expect(held).toBe(START + HOLD);
    expect(log.expiryOf('late')).toBe(START + 10 * HOUR + HOLD);
    later(HOLD);
    expect(log.ids()).toEqual(['late']);
    expect(log.expiryOf('soon')).toBeUndefined();
    expect(log.idBatches()).toEqual([{ terminateWith: undefined, taskIds: ['late'] }]);
    later(10 * HOUR);
    expect(log.ids()).toEqual([]);
  });
});

describe('tombstones', () => {
  const entry = (taskIds: readonly string[], expiresAt: number) =>
    ({ kind: 'ids', terminateWith: undefined, revokedAt: 0, expiresAt, taskIds }) as const;

  it('are renewed when they outlive what the log keeps, and not before their time', () => {
    const stones = new Tombstones(100, () => 50);
    stones.note(entry(['short'], 100), 0);
    stones.note(entry(['long', 'long too'], 500), 0);
    stones.note(entry(['long, just written'], 500), 40);
    expect(stones.toRenew(25, 100)).toEqual([entry(['long', 'long too'], 500)]);
    stones.note(entry(['long', 'long too'], 500), 50);
    expect(stones.toRenew(25, 100)).toEqual([]);
  });
});

describe('an entry of the stream', () => {
  it('is read as it was written', () => {
    const terms = { terminateWith: 'SIGKILL', revokedAt: 1, expiresAt: 2 };
    for (const entry of [
      { ...terms, kind: 'ids', taskIds: ['a', 'b'] },
      { ...terms, kind: 'stamps', stamps: { customer: ['c1'] } },
    ] as const) {
      expect(readRevokeEntry(writeRevokeEntry(entry))).toEqual(entry);
    }
  });

  it.each(['null', '[]', '{"kind":"ids"}', '{"kind":"x","revokedAt":1,"expiresAt":2}'])(
    '%s, written by somebody else, is none',
    (text) => {
      expect(readRevokeEntry(Buffer.from(text))).toBeUndefined();
    },
  );
});
