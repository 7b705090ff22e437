import type { Counter, Histogram } from 'prom-client';
import type { TaskChange, TaskHistoryReader, TaskRecord } from '../../celery/history';
import { BoundedLabels } from './bounded-labels';
import type { MetricsRegistry } from './metrics-registry';
import { hostOf } from './worker-host';

type TaskLabels = { readonly name: string; readonly hostname: string; readonly queue_name: string };

const LABELS = ['name', 'hostname', 'queue_name'] as const;
/** The Python client's default buckets, which celery-exporter's boards expect, and some for long tasks. */
const RUNTIME_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 1800, 3600,
];
const WAIT_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600,
];

/** celery-exporter's counters by the event that raises them. */
const COUNTERS = {
  'task-sent': ['celery_task_sent_total', 'Tasks sent: by the submission record, else by task-sent events.'],
  'task-received': ['celery_task_received_total', 'Tasks received by a worker.'],
  'task-started': ['celery_task_started_total', 'Tasks whose execution began.'],
  'task-succeeded': ['celery_task_succeeded_total', 'Tasks that succeeded.'],
  'task-failed': ['celery_task_failed_total', 'Tasks that failed.'],
  'task-rejected': ['celery_task_rejected_total', 'Tasks that a worker rejected.'],
  'task-revoked': ['celery_task_revoked_total', 'Tasks that were revoked.'],
  'task-retried': ['celery_task_retried_total', 'Attempts that ended in a retry.'],
} as const;
type CountedEvent = keyof typeof COUNTERS;

/** Celery's own default queue, as celery-exporter says where it does not know. */
const UNKNOWN_QUEUE = 'celery';

export interface TaskMetricsDeps {
  readonly registry: MetricsRegistry;
  readonly history: Pick<TaskHistoryReader, 'subscribe'>;
  /** Combinations of task name, host and queue. */
  readonly maxSeries: number;
  /** False: the label `hostname` is empty, so that hosts that come and go leave no series. */
  readonly hostnames: boolean;
}

/** `ValueError('x')` is a ValueError. The text comes from a worker, and only a class name is a label. */
function exceptionClass(error: string | null): string {
  return /^([A-Za-z_][\w.]{0,99})(?:\(|:|$)/.exec(error ?? '')?.[1] ?? 'UnknownException';
}

/** What happens to tasks, under celery-exporter's names and labels. */
export class TaskMetrics {
  readonly #counters: ReadonlyMap<string, Counter>;
  readonly #runtime: Histogram;
  readonly #wait: Histogram;
  readonly #labels: BoundedLabels<TaskLabels>;
  readonly #exceptions: BoundedLabels<{ readonly exception: string }>;
  /** The classes counted with each combination, to be dropped with it. */
  readonly #failures = new Map<TaskLabels, Set<string>>();
  #unsubscribe: (() => void) | undefined;

  constructor(private readonly deps: TaskMetricsDeps) {
    const { registry, maxSeries } = deps;
    this.#labels = new BoundedLabels(maxSeries);
    this.#exceptions = new BoundedLabels(Math.ceil(maxSeries / 10));
    this.#counters = new Map(
      Object.entries(COUNTERS).map(([event, [name, help]]) => {
        const labels = event === 'task-failed' ? [...LABELS, 'exception'] : LABELS;
        return [event, registry.counter({ name, help, labels })];
      }),
    );
    this.#runtime = registry.histogram({
      name: 'celery_task_runtime',
      help: 'Seconds that tasks ran which succeeded.',
      labels: LABELS,
      buckets: RUNTIME_BUCKETS,
    });
    this.#wait = registry.histogram({
      name: 'celery_task_queue_wait_time',
      help: 'Seconds between being due (queued, or the ETA) and the start of execution.',
      labels: ['name', 'queue_name'],
      buckets: WAIT_BUCKETS,
    });
  }

  start(): void {
    this.#unsubscribe ??= this.deps.history.subscribe({}, (change) => this.#onChange(change));
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Drops the series of hosts that are gone for good. */
  forgetHosts(isGone: (hostname: string) => boolean): void {
    for (const labels of this.#labels.forget(({ hostname }) => hostname !== '' && isGone(hostname))) {
      for (const [event, counter] of this.#counters) {
        if (event !== 'task-failed') counter.remove(labels);
        else
          for (const exception of this.#failures.get(labels) ?? []) counter.remove({ ...labels, exception });
      }
      this.#failures.delete(labels);
      this.#runtime.remove(labels);
    }
  }

  /** What was before this process counts nowhere: a counter that began anew must not tell it again. */
  #onChange({ type, task, replayed }: TaskChange): void {
    if (replayed || task === undefined) return;
    const event = type === 'task-queued' ? 'task-sent' : type;
    const counter = this.#counters.get(event);
    // A client's own word on what the submission record has told already.
    if (counter === undefined || (type === 'task-sent' && task.recordOffset !== null)) return;
    const labels = this.#labelsOf(event as CountedEvent, task);
    if (event === 'task-failed') {
      const { exception } = this.#exceptions.admit({ exception: exceptionClass(task.errorText) });
      this.#failures.set(labels, (this.#failures.get(labels) ?? new Set()).add(exception));
      counter.inc({ ...labels, exception });
    } else counter.inc(labels);
    if (event === 'task-succeeded' && task.runtimeSeconds !== null) {
      this.#runtime.observe(labels, task.runtimeSeconds);
    }
    if (event === 'task-started' && task.waitSeconds !== null) {
      this.#wait.observe({ name: labels.name, queue_name: labels.queue_name }, task.waitSeconds);
    }
  }

  #labelsOf(event: CountedEvent, task: TaskRecord): TaskLabels {
    // Clients are many and short-lived: as with celery-exporter's generic host name for what they send.
    const host = event === 'task-sent' ? 'generic' : hostOf(task.worker ?? '');
    const labels = {
      name: task.name ?? 'unknown',
      hostname: this.deps.hostnames ? host : '',
      queue_name: task.queue ?? UNKNOWN_QUEUE,
    };
    return this.#labels.admit(labels);
  }
}
