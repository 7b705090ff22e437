import { globToRegExp, type TaskOptions } from '../protocol';

/** Where a task message goes. */
export interface Destination {
  readonly exchange: string;
  readonly routingKey: string;
  /** The queue, where the destination is one (default exchange); else null. */
  readonly queue: string | null;
}

/** What a route says: a destination, and options for whoever sends without them (`priority`, `serializer`, …). */
export type RouteTarget = TaskOptions;

/** One rule of Celery's `task_routes`: an exact task name, a glob (`*`, `?`, `[seq]`) or a regular expression. */
export interface TaskRoute extends RouteTarget {
  /** A regular expression counts from the start of the name, as Python's `match` does. */
  readonly pattern: string | RegExp;
}

/** A task about to be sent, as a routing function sees it. */
export interface RoutedTask {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: TaskOptions;
}

/** A route by code: a queue's name, a target, or nothing when it does not care for the task. */
export type RouteFunction = (task: RoutedTask) => RouteTarget | string | null | undefined;

export interface TaskRouterOptions {
  readonly defaultQueue: string;
  /**
   * Tried in order. Rules that stand together are one of Celery's maps: among them an exact name wins over patterns, and
   * those are tried in order.
   */
  readonly routes?: readonly (TaskRoute | RouteFunction)[] | undefined;
}

/** Options with a destination. */
export interface Routed {
  readonly options: TaskOptions;
  readonly destination: Destination;
}

/**
 * Explicit options, then routes, then the default queue; what the options say wins over what the route says. Mirrors
 * celery/app/routes.py `Router.route` and `MapRoute`.
 */
export class TaskRouter {
  readonly #routers: readonly RouteFunction[];
  readonly #default: Destination;

  constructor({ defaultQueue, routes = [] }: TaskRouterOptions) {
    this.#default = toQueue(defaultQueue);
    this.#routers = routersOf(routes);
  }

  route(task: RoutedTask): Routed {
    const target = this.#routers.length === 0 ? undefined : this.#lookup(task);
    if (target === undefined) {
      return { options: task.options, destination: destinationOf(task.options) ?? this.#default };
    }
    const own = destinationOf(task.options);
    const options = withDefaults(target, task.options);
    return { options, destination: own ?? destinationOf(target) ?? this.#default };
  }

  #lookup(task: RoutedTask): RouteTarget | undefined {
    for (const router of this.#routers) {
      const answer = router(task);
      if (answer !== null && answer !== undefined)
        return typeof answer === 'string' ? { queue: answer } : answer;
    }
    return undefined;
  }
}

/** The given options, with the others' where they say nothing; an option that is undefined says nothing. */
export const withDefaults = (defaults: TaskOptions, options: TaskOptions): TaskOptions => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
});

/** One router for each run of rules, one for each function. */
function routersOf(routes: readonly (TaskRoute | RouteFunction)[]): readonly RouteFunction[] {
  const routers: RouteFunction[] = [];
  let rules: TaskRoute[] = [];
  const close = (): void => {
    if (rules.length > 0) routers.push(mapRouter(rules));
    rules = [];
  };
  for (const route of routes) {
    if (typeof route !== 'function') {
      rules.push(route);
      continue;
    }
    close();
    routers.push(route);
  }
  close();
  return routers;
}

function mapRouter(rules: readonly TaskRoute[]): RouteFunction {
  const exact = new Map<string, RouteTarget>();
  const patterns: { readonly pattern: RegExp; readonly target: RouteTarget }[] = [];
  for (const { pattern, ...target } of rules) {
    if (typeof pattern !== 'string') patterns.push({ pattern: fromStart(pattern), target });
    else if (/[*?]/.test(pattern)) patterns.push({ pattern: globToRegExp(pattern), target });
    else exact.set(pattern, target);
  }
  return ({ name }) => exact.get(name) ?? patterns.find(({ pattern }) => pattern.test(name))?.target;
}

/** Without `g` and `y`: with them `test` would remember where it was. */
const fromStart = ({ source, flags }: RegExp): RegExp =>
  new RegExp(`^(?:${source})`, flags.replace(/[gy]/g, ''));

const toQueue = (queue: string): Destination => ({ exchange: '', routingKey: queue, queue });

/**
 * A queue is reached through the default exchange, as Celery reaches those of direct exchanges
 * (celery/app/amqp.py `send_task_message`). A routing key alone names nothing.
 */
const destinationOf = ({
  queue,
  exchange,
  routingKey,
}: Pick<TaskOptions, 'queue' | 'exchange' | 'routingKey'>): Destination | undefined => {
  if (exchange) return { exchange, routingKey: routingKey ?? '', queue: null };
  if (queue) return toQueue(queue);
  return exchange === '' && routingKey ? toQueue(routingKey) : undefined;
};
