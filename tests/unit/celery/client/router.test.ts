import { type RoutedTask, type RouteFunction, type TaskRoute, TaskRouter } from '../../../../celery/client';
import type { TaskOptions } from '../../../../celery/protocol';

const router = new TaskRouter({
  defaultQueue: 'celery',
  routes: [
    { pattern: 'mail.*', queue: 'emails' },
    { pattern: 'mail.urgent', queue: 'urgent' },
    { pattern: 'tickets.?', exchange: 'tickets', routingKey: 'ticket.new' },
    { pattern: '*.slow', queue: 'slow' },
  ],
});
const toQueue = (queue: string) => ({ exchange: '', routingKey: queue, queue });

const call = (name: string, options: TaskOptions = {}): RoutedTask => ({
  name,
  args: [],
  kwargs: {},
  options,
});
const routed = (
  routes: readonly (TaskRoute | RouteFunction)[],
  name: string,
  task: Partial<RoutedTask> = {},
) => new TaskRouter({ defaultQueue: 'celery', routes }).route({ ...call(name), ...task });

describe('TaskRouter', () => {
  it.each([
    ['an exact name wins over an earlier glob', 'mail.urgent', {}, toQueue('urgent')],
    ['a glob matches', 'mail.send', {}, toQueue('emails')],
    ['a dot in a glob is a dot', 'mailxsend', {}, toQueue('celery')],
    ['the first of several globs counts', 'mail.slow', {}, toQueue('emails')],
    [
      'a route may name an exchange',
      'tickets.a',
      {},
      { exchange: 'tickets', routingKey: 'ticket.new', queue: null },
    ],
    ['without a route the default queue', 'tasks.add', {}, toQueue('celery')],
    ['an explicit queue wins', 'mail.urgent', { queue: 'mine' }, toQueue('mine')],
    [
      'an explicit exchange wins',
      'mail.urgent',
      { exchange: 'x', routingKey: 'k' },
      { exchange: 'x', routingKey: 'k', queue: null },
    ],
    [
      'an exchange without a key (a fanout)',
      't',
      { exchange: 'x' },
      { exchange: 'x', routingKey: '', queue: null },
    ],
    ['the default exchange by name is a queue', 't', { exchange: '', routingKey: 'q' }, toQueue('q')],
    ['a routing key alone names nothing', 'mail.send', { routingKey: 'k' }, toQueue('emails')],
  ])('%s', (_case, task, options, destination) => {
    expect(router.route(call(task, options)).destination).toEqual(destination);
  });

  it('takes a character set in a glob, and a regular expression from the start of the name', () => {
    const routes = [
      { pattern: 'a.[xy]*', queue: 'sets' },
      { pattern: /b\.\d+/g, queue: 'digits' },
    ];
    const at = (name: string): string => routed(routes, name).destination.routingKey;
    expect([at('a.x1'), at('a.z1'), at('b.12'), at('b.12'), at('xb.12')]).toEqual([
      'sets',
      'celery',
      'digits',
      'digits',
      'celery',
    ]);
  });

  it('asks functions in their place, and goes on where one has nothing to say', () => {
    const routes: (TaskRoute | RouteFunction)[] = [
      ({ name, args }) => (name === 'f' && args[0] === 1 ? 'one' : null),
      { pattern: 'f', queue: 'rule' },
      ({ kwargs }) => (kwargs.region === 'eu' ? { exchange: 'eu', routingKey: 'r' } : undefined),
    ];
    expect(routed(routes, 'f', { args: [1] }).destination).toEqual(toQueue('one'));
    expect(routed(routes, 'f', { args: [2] }).destination).toEqual(toQueue('rule'));
    expect(routed(routes, 'g', { kwargs: { region: 'eu' } }).destination).toEqual({
      exchange: 'eu',
      routingKey: 'r',
      queue: null,
    });
    expect(routed(routes, 'g').destination).toEqual(toQueue('celery'));
  });

  it('gives a route its own options, below the ones of the call', () => {
    const routes = [{ pattern: 'f', queue: 'q', priority: 7, timeLimitSeconds: 5 }];
    const { options, destination } = routed(routes, 'f', {
      options: { priority: 2, timeLimitSeconds: undefined },
    });
    expect(destination).toEqual(toQueue('q'));
    expect(options).toMatchObject({ priority: 2, timeLimitSeconds: 5 });
  });
});
