import type { TaskHistoryReader } from '../../celery/history';
import type { Clock } from '../../runtime';
import type { MetricsRegistry, Sample } from './metrics-registry';
import { oldestWaiting } from './queue-ages';
import type { QueueWatch, WatchedQueue } from './queue-watch';

export interface QueueMetricsDeps {
  readonly registry: MetricsRegistry;
  readonly watch: Pick<QueueWatch, 'queues'>;
  readonly history: Pick<TaskHistoryReader, 'select'>;
  readonly clock: Pick<Clock, 'now'>;
}

const QUEUED = { state: { any: ['QUEUED'], none: [] } };

const GAUGES: readonly (readonly [string, string, (queue: WatchedQueue) => number])[] = [
  ['celery_queue_length', 'Messages ready in the queue.', ({ length }) => length],
  ['celery_active_consumer_count', 'Consumers of the queue.', ({ consumers }) => consumers],
  ['celery_active_worker_count', 'Workers that say they consume the queue.', ({ workers }) => workers],
  ['celery_active_process_count', 'Pool processes of these workers.', ({ processes }) => processes],
];

/** The queues, under celery-exporter's names, and how long their oldest message has been waiting. */
export class QueueMetrics {
  constructor(private readonly deps: QueueMetricsDeps) {
    const { registry, watch } = deps;
    const labels = ['queue_name'];
    for (const [name, help, read] of GAUGES) {
      const collect = async (): Promise<Iterable<Sample>> => {
        return (await watch.queues()).map((queue) => sample(queue.name, read(queue)));
      };
      registry.gauge({ name, help, labels, collect });
    }
    registry.gauge({
      name: 'celery_queue_oldest_message_age_seconds',
      help: 'Seconds that the oldest task in the queue has been due; 0 where none waits.',
      labels,
      collect: () => this.#ages(),
    });
  }

  async #ages(): Promise<Iterable<Sample>> {
    const { watch, history, clock } = this.deps;
    const queues = await watch.queues();
    const now = clock.now();
    const lengths = new Map(queues.map(({ name, length }) => [name, length]));
    const oldest = oldestWaiting(history.select(QUEUED), lengths, now);
    return queues.map(({ name }) => sample(name, Math.max(0, now - (oldest.get(name) ?? now)) / 1000));
  }
}

function sample(queueName: string, value: number): Sample {
  return { labels: { queue_name: queueName }, value };
}
