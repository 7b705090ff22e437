import type { SubmittedTask } from '../../../celery';
import { silentLogger, systemClock } from '../../../runtime';
import { CeleryQueues, RabbitMQService, type RabbitMQServiceDeps } from '../../../server/messaging';

type Status = RabbitMQServiceDeps['results']['status'];

const OPENING: Status = { ready: false, kind: 'none', detail: 'not opened yet' };
const REPLAYING: Status = { ready: false, kind: 'stream', detail: 'replaying' };
const READY: Status = { ready: true, kind: 'stream' };
const FALLBACK: Status = { ready: true, kind: 'queue', detail: 'no stream' };
const NO_STREAM: Status = { ready: true, kind: 'none', detail: 'no stream' };
const REDIS_AWAY: Status = { ready: false, kind: 'redis' };

interface Memory {
  results: Status;
  records: Status;
  events: Status;
}

const idle = { start: async () => undefined, stop: async () => undefined };
const unused = (): never => {
  throw new Error('not part of this test');
};

/** A service over parts that are as a test says. */
function service(memory: Memory, state: RabbitMQServiceDeps['connections']['state'] = 'connected') {
  const submitted: string[] = [];
  const deps: RabbitMQServiceDeps = {
    connections: {
      ...idle,
      state,
      publish: { lastError: undefined, describe: () => ({ serverVersion: '4' }) } as never,
    },
    publisher: { ...idle, publish: unused, inFlight: 0, ready: true },
    topology: { queueStatus: unused, queueIsDurable: unused, declareQueue: unused, purgeQueue: unused },
    client: {
      submit: async ({ name }) => {
        submitted.push(name);
        return { taskId: 't1', queue: 'celery' } as SubmittedTask;
      },
    },
    results: {
      ...idle,
      getTaskMeta: unused,
      waitForResult: unused,
      waitsFor: unused,
      letGo: unused,
      get status() {
        return memory.results;
      },
    },
    records: {
      ...idle,
      get status() {
        return memory.records as { ready: boolean; kind: 'stream' | 'none' };
      },
    },
    control: { ...idle, revoke: unused },
    inspector: { inspect: unused },
    events: {
      ...idle,
      get status() {
        return memory.events;
      },
    },
    history: { get: unused, onResult: unused, childrenOf: unused },
    recalled: { of: unused },
    unheardEnds: { start: () => undefined, stop: () => undefined, expect: () => undefined },
    celeryQueues: new CeleryQueues(new Set()),
    clock: systemClock,
    logger: silentLogger(),
  };
  return { service: new RabbitMQService(deps), submitted };
}

const memory = (fields: Partial<Memory> = {}): Memory => ({
  results: READY,
  records: READY,
  events: READY,
  ...fields,
});

describe('RabbitMQService.submitTask', () => {
  test.each([
    ['results', { results: OPENING }],
    ['the record', { records: OPENING }],
  ])('while it is not known where %s are kept, a task is refused for now', async (_what, fields) => {
    const state = memory(fields);
    const { service: messaging, submitted } = service(state);
    await expect(messaging.submitTask({ name: 'tasks.add' })).rejects.toMatchObject({
      code: 'NOT_READY',
      retryable: true,
    });
    expect(submitted).toEqual([]);
    Object.assign(state, memory());
    await messaging.submitTask({ name: 'tasks.add' });
    expect(submitted).toEqual(['tasks.add']);
  });

  test.each([
    ['a stream still replays', { results: REPLAYING, records: REPLAYING }],
    ['the fallback is up', { results: FALLBACK, records: NO_STREAM }],
    ['Redis is away', { results: REDIS_AWAY }],
    ['events are not there yet', { events: OPENING }],
  ])('a task is taken while %s', async (_what, fields) => {
    const { service: messaging, submitted } = service(memory(fields));
    await messaging.submitTask({ name: 'tasks.add' });
    expect(submitted).toEqual(['tasks.add']);
  });

  test('without a broker the reason is left to the publisher', async () => {
    const { service: messaging, submitted } = service(memory({ results: OPENING }), 'connecting');
    await messaging.submitTask({ name: 'tasks.add' });
    expect(submitted).toEqual(['tasks.add']);
  });
});

describe('RabbitMQService.health', () => {
  test.each([
    ['everything is there', {}, true],
    ['results are opened', { results: OPENING }, false],
    ['results are replayed', { results: REPLAYING }, false],
    ['records are opened', { records: OPENING }, false],
    ['events are replayed', { events: REPLAYING }, false],
    [
      'results are in the fallback queue and nothing is recorded',
      { results: FALLBACK, records: NO_STREAM },
      true,
    ],
    ['Redis is away', { results: REDIS_AWAY }, true],
  ])('while %s, readiness is told', (_what, fields, ready) => {
    expect(service(memory(fields)).service.health().ready).toBe(ready);
  });

  test('without a broker it is not ready', () => {
    expect(service(memory(), 'connecting').service.health().ready).toBe(false);
  });
});
