import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectSession } from '../../support/direct-session';
import { rabbitmqctl } from '../../support/vhost';

const WAIT_MS = 60_000;

let session: DirectSession;
/** What the gateway has declared, each with its arguments. */
let queues: ReadonlyMap<string, string>;

beforeAll(async () => {
  session = await DirectSession.open('direct-retention', {
    SUBMISSION_RECORD_MAX_AGE_SECONDS: '7200',
    CELERY_RESULT_EXPIRES: '600',
    EVENTS_MAX_AGE_SECONDS: '120',
    IDEMPOTENCY_TTL_SECONDS: '240',
    REVOKE_HOLD_SECONDS: '300',
    STATE_STREAM_MAX_AGE_SECONDS: '7201',
    TASK_LOGS_MAX_AGE_SECONDS: '900',
    WEBHOOKS_LOG_MAX_AGE_SECONDS: '3601',
  });
  const listed = await rabbitmqctl('list_queues', '-p', session.vhost.name, 'name', 'arguments');
  const rows = listed.split('\n').map((line) => line.split('\t'));
  queues = new Map(rows.map(([name = '', args = '']) => [name, args]));
}, WAIT_MS);

afterAll(() => session.close());

test.each([
  ['submissions', 7200],
  ['results', 600],
  ['workflows', 1200],
  ['events', 120],
  ['idempotency', 240],
  ['revokes', 300],
  ['schedules', 7201],
  ['pauses', 7201],
  ['webhooks.endpoints', 7201],
  ['task-logs', 900],
  ['webhooks.log', 3601],
])('the stream celery-gateway.%s is kept as its setting says', (name, seconds) => {
  expect(queues.get(`celery-gateway.${name}`)).toContain(`"x-max-age","${seconds}s"`);
});

test('every queue of the gateway that outlives it stands on the page of what is kept', () => {
  const page = readFileSync(join(process.cwd(), 'docs', 'retention.md'), 'utf8');
  // Names with a part of their own stand there as celery-gateway.canary.<id>.
  const told = [...page.matchAll(/`(celery-gateway\.[^`]+)`/g)].map(([, name = '']) => name);
  const known = (queue: string): boolean =>
    told.some(
      (name) => queue === name || (name.includes('<') && queue.startsWith(name.split('<', 1)[0] ?? name)),
    );
  const own = [...queues.keys()].filter((queue) => queue.startsWith('celery-gateway.'));
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter((queue) => !known(queue))).toEqual([]);
});
