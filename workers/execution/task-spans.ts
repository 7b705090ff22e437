import { destinationName, messageAttributes } from '../../celery/client';
import type { Span, SpanAttributes, Tracing } from '../../runtime';
import type { Executor } from './executor';
import type { Outcome } from './outcome';
import type { TaskRun } from './task-run';

export interface TaskSpansDeps {
  readonly tracing: Pick<Tracing, 'start'>;
  readonly executor: Executor;
  readonly nodename: string;
}

/**
 * A consumer span around the code of each task, under the span that sent it. What the code does goes under it; so does all that
 * is sent in the task's name, for its request carries the span's context from here on.
 */
export class TaskSpans implements Executor {
  private readonly open = new WeakMap<TaskRun, Span>();

  constructor(private readonly deps: TaskSpansDeps) {}

  execute(run: TaskRun, begin: (run: TaskRun) => void, conclude: (outcome: Outcome) => void): void {
    const { tracing, executor } = this.deps;
    const { request } = run;
    const { exchange, routingKey } = request.deliveryInfo;
    const name = destinationName(exchange, routingKey, run.delivery.queue);
    const span = tracing.start({
      name: `process ${name}`,
      kind: 'consumer',
      attributes: {
        ...messageAttributes(
          { id: request.id, name: request.task, action: 'run' },
          { name, routingKey, operation: 'process' },
        ),
        'celery.hostname': this.deps.nodename,
        'celery.retries': request.retries === 0 ? undefined : request.retries,
      },
      parent: request.headers,
    });
    this.open.set(run, span);
    run.request = { ...request, headers: { ...request.headers, ...span.context } };
    span.run(() => executor.execute(run, begin, conclude));
  }

  abandon(run: TaskRun): void {
    this.deps.executor.abandon(run);
  }

  /** Ends the span of a run; without an outcome it was cut off by a cold stop. */
  end(run: TaskRun, outcome?: Outcome): void {
    const span = this.open.get(run);
    if (span === undefined) return;
    this.open.delete(run);
    if (outcome === undefined) span.fail('worker_stopped');
    else conclude(span, outcome);
    span.end();
  }
}

/** Attributes as Python's instrumentation names them; what is no failure to Celery is no error here. */
function conclude(span: Span, outcome: Outcome): void {
  span.set({ 'celery.state': STATES[outcome.kind], ...detail(outcome) });
  if (outcome.kind === 'FAILURE') span.fail(classOf(outcome.error), outcome.error);
  if (outcome.kind === 'REVOKED') span.fail(outcome.reason);
  if (outcome.kind !== 'RETRY') return;
  const { eta } = outcome.retry.submission.options ?? {};
  span.event('retry', {
    'celery.retry.reason': outcome.retry.message,
    'celery.retries': outcome.retry.submission.options?.retries,
    'celery.eta': eta instanceof Date ? eta.toISOString() : eta,
  });
}

/** What replaces a task, or makes nothing of it, leaves no state of its own. */
const STATES = {
  SUCCESS: 'SUCCESS',
  FAILURE: 'FAILURE',
  RETRY: 'RETRY',
  REVOKED: 'REVOKED',
  REJECTED: 'REJECTED',
  IGNORED: 'IGNORED',
  REPLACED: 'IGNORED',
} as const satisfies Record<Outcome['kind'], string>;

function detail(outcome: Outcome): SpanAttributes {
  if (outcome.kind === 'RETRY') return { 'celery.retry.reason': outcome.retry.message };
  if (outcome.kind === 'REVOKED') {
    return {
      'celery.revoked.reason': outcome.reason,
      'celery.terminated.signal': outcome.signum ?? undefined,
    };
  }
  return {};
}

const classOf = (error: unknown): string => (error instanceof Error ? error.name : 'Error');
