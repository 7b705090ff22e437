import type { ControlClient, EventSource, ReceivedEvent, TaskHistory, WorkerDirectory } from '../../celery';
import type { Clock, Logger } from '../../runtime';

export interface EventFeedDeps {
  readonly history: Pick<TaskHistory, 'onEvent'>;
  readonly workers: Pick<WorkerDirectory, 'onEvent'>;
  /** Undefined leaves workers as they were started. */
  readonly enableOnWorkers: Pick<ControlClient, 'enableEvents'> | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'debug'>;
}

/** A worker is asked again this long after the last time, should the request have been lost. */
const ASK_AGAIN_MS = 60_000;

/** Names come from messages, so their number is bounded. */
const MAX_ASKED = 10_000;

/** Feeds history and worker directory from the event log and switches task events on in workers that were started without `-E`. */
export class EventFeed {
  private readonly askedAt = new Map<string, number>();

  constructor(private readonly deps: EventFeedDeps) {}

  onEvent(event: ReceivedEvent, source: EventSource): void {
    this.deps.workers.onEvent(event);
    this.deps.history.onEvent(event, source);
    if (event.type === 'worker-online' || event.type === 'worker-heartbeat') this.askForEvents(event);
    else if (event.type === 'worker-offline') this.askedAt.delete(event.hostname);
  }

  /** Per worker and rarely: a broadcast to all at each heartbeat would be noise. */
  private askForEvents({ type, hostname, receivedAt }: ReceivedEvent): void {
    const { enableOnWorkers, clock, logger } = this.deps;
    // While the log is replayed events are old: the worker may be long gone, and its next heartbeat will tell.
    if (enableOnWorkers === undefined || clock.now() - receivedAt > ASK_AGAIN_MS) return;
    const due = (this.askedAt.get(hostname) ?? Number.NEGATIVE_INFINITY) + ASK_AGAIN_MS;
    if (type !== 'worker-online' && receivedAt < due) return;
    if (this.askedAt.size >= MAX_ASKED) this.askedAt.clear();
    this.askedAt.set(hostname, receivedAt);
    enableOnWorkers.enableEvents({ destination: [hostname], reply: false }).catch((error: unknown) => {
      logger.debug('enable_events was not sent', { worker: hostname, error });
    });
  }
}
