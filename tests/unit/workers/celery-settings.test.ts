import { silentLogger } from '../../../runtime';
import { celerySettings } from '../../../workers/celery-settings';
import type { WorkerParts } from '../../../workers/worker-parts';

const PARTS: WorkerParts = {
  tasks: [],
  brokerUrls: ['amqp://user:secret@one/v', 'amqps://other:p%40ss@two:5671/v'],
  resultBackend: 'redis://:secret@cache/0',
  resultExpiresSeconds: 86_400,
  nodename: 'w@h',
  queues: ['celery'],
  concurrency: 2,
  prefetchMultiplier: 4,
  taskEvents: true,
  logsTasks: false,
  logger: silentLogger(),
};

describe('celerySettings', () => {
  test("shows what differs from Celery's defaults, users but no passwords", () => {
    const settings = celerySettings(PARTS, false);
    expect(settings).toMatchObject({
      broker_url: 'amqp://user:********@one/v;amqps://other:********@two:5671/v',
      worker_concurrency: 2,
      worker_send_task_events: true,
    });
    expect(settings).not.toHaveProperty('worker_prefetch_multiplier');
    expect(JSON.stringify(settings)).not.toMatch(/secret|p%40ss/);
  });

  test('shows the defaults when asked for them', () => {
    expect(celerySettings(PARTS, true)).toMatchObject({ worker_prefetch_multiplier: 4, timezone: 'UTC' });
  });
});
