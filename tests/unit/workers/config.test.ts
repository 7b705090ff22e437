import { hostname } from 'node:os';
import { banner } from '../../../workers/banner';
import { overlay, workerCommand } from '../../../workers/command-line';
import { loadWorkerConfig, nodenameOf } from '../../../workers/config';

describe('loadWorkerConfig', () => {
  test('has the defaults of celery worker', () => {
    expect(loadWorkerConfig({})).toMatchObject({
      brokerUrls: ['amqp://guest:guest@127.0.0.1:5672/%2F'],
      resultBackend: 'rpc://',
      nodename: `celery@${hostname()}`,
      queues: ['celery'],
      prefetchMultiplier: 4,
      logLevel: 'warn',
      taskEvents: false,
    });
  });

  test('takes the command line over the environment', () => {
    const env = overlay(
      { CELERY_WORKER_QUEUES: 'a', CELERY_BROKER_URL: 'amqp://env/' },
      { queues: 'b,c,b', taskEvents: true, loglevel: 'INFO' },
    );
    expect(loadWorkerConfig(env)).toMatchObject({
      queues: ['b', 'c'],
      brokerUrls: ['amqp://env/'],
      taskEvents: true,
      logLevel: 'info',
    });
  });

  test('takes the broker URLs of a cluster, in the spelling of Celery too', () => {
    const { brokerUrls } = loadWorkerConfig({ CELERY_BROKER_URL: 'pyamqp://a:b@one/v; amqps://two' });
    expect(brokerUrls).toEqual(['amqp://a:b@one/v', 'amqps://two']);
  });

  test.each(['http://u:CANARY@host/', 'amqp://u:CANARY@bad host', 'amqp://ok,redis://:CANARY@x'])(
    'refuses the broker URL %s without quoting it',
    (url) => {
      const load = (): unknown => loadWorkerConfig({ CELERY_BROKER_URL: url });
      expect(load).toThrow(/CELERY_BROKER_URL: must be amqp:\/\/ or amqps:\/\/ URLs/);
      expect(load).not.toThrow(/CANARY/);
    },
  );

  test('names every problem at once', () => {
    const load = () =>
      loadWorkerConfig({ CELERY_WORKER_CONCURRENCY: '-1', CELERY_RESULT_BACKEND: 'mongodb://x' });
    expect(load).toThrow(
      /CELERY_RESULT_BACKEND[\s\S]*CELERY_WORKER_CONCURRENCY|CELERY_WORKER_CONCURRENCY[\s\S]*CELERY_RESULT_BACKEND/,
    );
  });

  test('ships what tasks log, unless told not to', () => {
    expect(loadWorkerConfig({}).shipTaskLogs).toBe(true);
    expect(loadWorkerConfig({ CELERY_WORKER_SHIP_TASK_LOGS: 'false' }).shipTaskLogs).toBe(false);
  });

  test('takes the same from the command line as from the environment', () => {
    const typed = workerCommand('1.0.0').parse(
      [
        ...['-n', 'w1@%h', '-Q', 'a,b,c', '-X', 'b', '-c', '3', '-P', 'threads', '-E', '-l', 'DEBUG'],
        ...['-f', '/tmp/%n.log', '-S', '/tmp/%n.state', '--prefetch-multiplier', '2', '--time-limit', '20'],
        ...['--soft-time-limit', '10.5', '--max-tasks-per-child', '100', '--autoscale', '2,10'],
        ...['--without-gossip', '--without-mingle', '--without-heartbeat', '--result-extended'],
        ...['--tasks', './one.js', 'two'],
      ],
      { from: 'user' },
    );
    const expected = {
      nodename: `w1@${hostname()}`,
      queues: ['a', 'c'],
      concurrency: 3,
      pool: 'threads',
      taskEvents: true,
      logLevel: 'debug',
      logFile: '/tmp/w1.log',
      stateFile: '/tmp/w1.state',
      prefetchMultiplier: 2,
      timeLimitSeconds: 20,
      softTimeLimitSeconds: 10.5,
      maxTasksPerChild: 100,
      autoscale: { max: 10, min: 2 },
      gossip: false,
      mingle: false,
      heartbeat: false,
      resultExtended: true,
      taskModules: ['./one.js', 'two'],
    };
    expect(loadWorkerConfig(overlay({}, typed.opts()))).toMatchObject(expected);
    const environment = {
      CELERY_WORKER_HOSTNAME: 'w1@%h',
      CELERY_WORKER_QUEUES: 'a,b,c',
      CELERY_WORKER_EXCLUDE_QUEUES: 'b',
      CELERY_WORKER_CONCURRENCY: '3',
      CELERY_WORKER_POOL: 'threads',
      CELERY_WORKER_SEND_TASK_EVENTS: 'true',
      CELERY_WORKER_LOG_LEVEL: 'DEBUG',
      CELERY_WORKER_LOG_FILE: '/tmp/%n.log',
      CELERY_WORKER_STATE_DB: '/tmp/%n.state',
      CELERY_WORKER_PREFETCH_MULTIPLIER: '2',
      CELERY_WORKER_TIME_LIMIT: '20',
      CELERY_WORKER_SOFT_TIME_LIMIT: '10.5',
      CELERY_WORKER_MAX_TASKS_PER_CHILD: '100',
      CELERY_WORKER_AUTOSCALE: '10,2',
      CELERY_WORKER_WITHOUT_GOSSIP: 'true',
      CELERY_WORKER_WITHOUT_MINGLE: 'true',
      CELERY_WORKER_WITHOUT_HEARTBEAT: 'true',
      CELERY_RESULT_EXTENDED: 'true',
      CELERY_WORKER_TASKS: './one.js,two',
    };
    expect(loadWorkerConfig(environment)).toMatchObject(expected);
  });

  test('-c auto is the number of CPUs, as without -c', () => {
    const { concurrency } = loadWorkerConfig({});
    for (const given of ['auto', '0']) {
      const env = { CELERY_WORKER_CONCURRENCY: '77' };
      expect(loadWorkerConfig(overlay(env, { concurrency: given })).concurrency).toBe(concurrency);
      expect(loadWorkerConfig({ CELERY_WORKER_CONCURRENCY: given }).concurrency).toBe(concurrency);
    }
  });

  test.each([
    ['prefork', { pool: 'threads', concurrency: 4 }, '4 (threads, for prefork)'],
    ['threads', { pool: 'threads', concurrency: 4 }, '4 (threads)'],
    ['gevent', { pool: 'async', concurrency: 4 }, '4 (async, for gevent)'],
    ['solo', { pool: 'async', concurrency: 1 }, '1 (async, for solo)'],
  ])(
    '-P %s, a name of Celery, becomes the pool that is meant, and the banner says so',
    (pool, expected, shown) => {
      const config = loadWorkerConfig(overlay({}, { pool, concurrency: '4' }));
      expect(config).toMatchObject(expected);
      expect(banner(config, [], '1.0.0')).toContain(`.> concurrency: ${shown}\n`);
    },
  );

  test('with autoscaling the banner has its bounds, and a quiet time can be set', () => {
    const config = loadWorkerConfig({ CELERY_WORKER_AUTOSCALE: '10,3', AUTOSCALE_KEEPALIVE: '5' });
    expect(config.autoscaleKeepaliveMs).toBe(5000);
    expect(banner(config, [], '1.0.0')).toContain('{min=3, max=10} (async)');
  });

  test('-X that leaves no queue is a problem', () => {
    expect(() => loadWorkerConfig({ CELERY_WORKER_EXCLUDE_QUEUES: 'celery' })).toThrow('leaves no queue');
  });

  test('--help has the headings and letters of celery worker', () => {
    const help = workerCommand('1.0.0').helpInformation();
    for (const heading of ['Worker Options:', 'Pool Options:', 'Queue Options:', 'Features:']) {
      expect(help).toContain(heading);
    }
    for (const option of ['-n, --hostname', '-Q, --queues', '-X, --exclude-queues', '-c, --concurrency']) {
      expect(help).toContain(option);
    }
    for (const option of [
      '-P, --pool',
      '-E, --task-events',
      '-l, --loglevel',
      '-f, --logfile',
      '--autoscale',
    ]) {
      expect(help).toContain(option);
    }
  });

  test.each([
    ['w1', `celery@w1`],
    ['w1@%h', `w1@${hostname()}`],
    ['w1@here', 'w1@here'],
  ])('-n %s is %s', (given, nodename) => expect(nodenameOf(given)).toBe(nodename));

  test('the banner shows the broker and the backend without their passwords', () => {
    const config = loadWorkerConfig({
      CELERY_BROKER_URL: 'amqp://user:secret@host/v',
      CELERY_RESULT_BACKEND: 'redis://:secret@cache/0',
    });
    const text = banner(config, ['t.add'], '1.0.0');
    expect(text).not.toContain('secret');
    expect(text).toContain('. t.add');
  });
});
