import type { QueueTopology } from '../../celery/protocol';
import type { TaskRun } from '../execution';
import type { RevokedTasks } from '../intake';
import type { Autoscaler } from '../pool';
import type { LiveSettings, TaskRegistry } from '../registry';

/** What the commands see of the worker and may ask of it. */
export interface WorkerView {
  readonly nodename: string;
  readonly version: string;
  readonly registry: TaskRegistry;
  readonly revoked: RevokedTasks;
  readonly clock: { readonly value: number; forward(): number; adjust(other: number): number };
  readonly startedAt: number;
  readonly queues: readonly QueueTopology[];
  readonly concurrency: number;
  readonly prefetchCount: number;
  readonly totals: ReadonlyMap<string, number>;
  /** Public facts of the broker link, without a password. */
  readonly broker: Readonly<Record<string, unknown>>;
  /** Settings under Celery's names that differ from its defaults, or all; secrets masked. */
  settings(withDefaults: boolean): Readonly<Record<string, unknown>>;
  active(): readonly TaskRun[];
  reserved(): readonly TaskRun[];
  scheduled(): readonly { readonly task: TaskRun; readonly until: number }[];
  /** Stores REVOKED for tasks that are not running, where the result backend can be asked (Redis). */
  storeRevoked(ids: ReadonlySet<string>): void;
  /** Returns the ids that are here. */
  terminate(ids: ReadonlySet<string>, signum: number): readonly string[];
  enableEvents(): boolean;
  disableEvents(): boolean;
  heartbeat(): void;
  /** The part `pool` of `stats`. */
  poolStats(): Readonly<Record<string, unknown>>;
  /** Undefined without `--autoscale`. */
  readonly autoscaler: Pick<Autoscaler, 'update' | 'info'> | undefined;
  resizePool(change: number): void;
  /** @throws PythonError ValueError when the pool cannot load its modules anew */
  restartPool(): void;
  /** Changes limits of a task while the worker runs; false when nobody here knows it. */
  changeTask(name: string, settings: LiveSettings): boolean;
  addQueue(queue: QueueTopology): void;
  cancelQueue(queue: string): void;
  /** Begins a warm stop. */
  shutdown(): void;
}
