import type { ControlClient, ControlReplies, Inspector, WorkerDirectory, WorkerSnapshot } from '../../celery';
import type { Clock } from '../../runtime';
import { GatewayError } from '../errors';
import type { NamePolicy } from '../messaging';
import { byName, noReply, outcomesOf, type WorkerOutcome } from './outcomes';

/** Everything inspect knows, in the order the detail shows it. */
export const DETAILS = [
  'stats',
  'active',
  'reserved',
  'scheduled',
  'revoked',
  'registered',
  'active_queues',
  'conf',
  'report',
  'clock',
] as const;
export type Detail = (typeof DETAILS)[number];

/** A worker as it is listed. */
export interface ListedWorker {
  readonly hostname: string;
  /** It answered, or its heartbeats are not late. */
  readonly online: boolean;
  /** What its events told; undefined for one whose events were not heard. */
  readonly seen: WorkerSnapshot | undefined;
  /** Its answers by inspection; one that it did not give is missing. */
  readonly answers: Readonly<Record<string, unknown>>;
}

export interface WorkerList {
  readonly workers: readonly ListedWorker[];
  /** Online by their heartbeats, and silent. */
  readonly silent: readonly string[];
}

export interface WorkerServiceDeps {
  readonly inspector: Pick<Inspector, 'inspect' | 'forget'>;
  readonly control: Pick<ControlClient, 'broadcast'>;
  readonly directory: Pick<WorkerDirectory, 'list' | 'get'>;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Workers that are gone are listed for so long after their last sign of life, in milliseconds. */
  readonly forgetAfterMs: number;
}

/** To whom a command goes. */
export type Targets = 'all' | readonly string[];

/** Looks at workers and commands them. Silence is an answer, and those who were silent are named. */
export class WorkerService {
  constructor(private readonly deps: WorkerServiceDeps) {}

  /** All workers heard of lately or heard now, each with what `include` asks for. */
  async list(include: readonly string[]): Promise<WorkerList> {
    const { inspector, directory } = this.deps;
    const methods = ['ping', ...include];
    const answered = await Promise.all(methods.map((method) => inspector.inspect(method)));
    const since = this.deps.clock.now() - this.deps.forgetAfterMs;
    const remembered = directory.list().filter(({ alive, lastSeen }) => alive || lastSeen >= since);
    const seen = new Map(remembered.map((worker) => [worker.nodename, worker]));
    const names = new Set([...seen.keys(), ...answered.flatMap(({ replies }) => Object.keys(replies))]);
    const workers = [...names].sort(byName).map((hostname): ListedWorker => {
      const answers = answersOf(hostname, methods, answered);
      const known = seen.get(hostname);
      return {
        hostname,
        seen: known,
        answers,
        online: known?.alive === true || Object.keys(answers).length > 0,
      };
    });
    return { workers, silent: answered[0]?.missing ?? [] };
  }

  /** @throws GatewayError WORKER_NOT_FOUND for one that neither answers nor was ever heard of. */
  async detail(hostname: string): Promise<ListedWorker> {
    const { inspector, directory } = this.deps;
    const answered = await Promise.all(DETAILS.map((method) => inspector.inspect(method, {}, [hostname])));
    const answers = answersOf(hostname, DETAILS, answered);
    const seen = directory.get(hostname);
    const answering = Object.keys(answers).length > 0;
    if (!answering && seen === undefined) {
      throw new GatewayError('WORKER_NOT_FOUND', `There is no worker ${hostname}.`);
    }
    return { hostname, seen, answers, online: answering || seen?.alive === true };
  }

  /** Where tasks are that workers have: running, reserved or waiting for their ETA. */
  queryTasks(taskIds: readonly string[]): Promise<ControlReplies> {
    return this.deps.inspector.inspect('query_task', { ids: taskIds });
  }

  async ping(targets: Targets): Promise<readonly WorkerOutcome[]> {
    return outcomesOf(await this.deps.inspector.inspect('ping', {}, destinationOf(targets)));
  }

  /** Sends a command that changes workers. */
  async command(
    method: string,
    args: Readonly<Record<string, unknown>>,
    targets: Targets,
  ): Promise<readonly WorkerOutcome[]> {
    if (typeof args.queue === 'string') this.deps.names.checkQueue(args.queue, '/queue');
    const destination = destinationOf(targets);
    try {
      return outcomesOf(await this.deps.control.broadcast(method, args, { destination }));
    } finally {
      this.deps.inspector.forget();
    }
  }

  /** Workers answer nothing to a shutdown: so those are told that answered a moment before. */
  async shutdown(targets: Targets): Promise<readonly WorkerOutcome[]> {
    const { control, inspector } = this.deps;
    const { replies, missing } = await control.broadcast('ping', {}, { destination: destinationOf(targets) });
    const there = Object.keys(replies);
    if (there.length > 0) await control.broadcast('shutdown', {}, { destination: there, reply: false });
    inspector.forget();
    return [
      ...there.map((hostname) => ({ hostname, status: 'sent' as const, message: null })),
      ...missing.map(noReply),
    ];
  }
}

const destinationOf = (targets: Targets): readonly string[] => (targets === 'all' ? [] : targets);

function answersOf(
  hostname: string,
  methods: readonly string[],
  answered: readonly ControlReplies[],
): Readonly<Record<string, unknown>> {
  const pairs = methods.flatMap((method, index): [string, unknown][] => {
    const replies = answered[index]?.replies ?? {};
    return Object.hasOwn(replies, hostname) ? [[method, replies[hostname]]] : [];
  });
  return Object.fromEntries(pairs);
}
