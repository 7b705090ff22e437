import type { KeyedLog } from '../../celery/streams';
import type { Clock, Logger } from '../../runtime';
import type { GraphNode } from './graph';

/** What is kept of a workflow. */
export interface Workflow {
  readonly id: string;
  readonly graph: GraphNode;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Tenant of the key that submitted it. */
  readonly tenant: string | null;
  /** How often it has been retried. */
  readonly retries: number;
  /** Epoch milliseconds; null while nobody cancelled it. */
  readonly canceledAt: number | null;
  /** Where its end is to be told, sealed. */
  readonly callback?: string | undefined;
}

/** A workflow and which write of it was seen. */
export interface KeptWorkflow {
  readonly workflow: Workflow;
  readonly version: number;
}

export interface WorkflowStoreOptions {
  readonly log: Pick<KeyedLog<Workflow>, 'get' | 'put' | 'remove' | 'entries' | 'status' | 'start' | 'stop'>;
  /** Older ones are forgotten, in milliseconds: their results are, too. */
  readonly maxAgeMs: number;
  /** More are not kept: the oldest go. */
  readonly maxEntries: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'warn'>;
}

const SWEEP_MS = 60_000;

/**
 * The graphs of workflows, on a stream: every gateway knows them, also after a restart, and of two that change one at the same
 * moment one wins. Where the broker has no streams, this process keeps its own in memory.
 */
export class WorkflowStore {
  private readonly local = new Map<string, KeptWorkflow>();
  private sweep: NodeJS.Timeout | undefined;

  constructor(private readonly options: WorkflowStoreOptions) {}

  async start(): Promise<void> {
    if (this.sweep !== undefined) return;
    this.sweep = setInterval(() => void this.trim(), SWEEP_MS).unref();
    await this.options.log.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.sweep);
    this.sweep = undefined;
    await this.options.log.stop();
  }

  /** Whether all that is kept has been read. */
  get ready(): boolean {
    return this.options.log.status.ready;
  }

  get(id: string): KeptWorkflow | undefined {
    const kept = this.options.log.get(id);
    return kept === undefined ? this.local.get(id) : { workflow: kept.value, version: kept.version };
  }

  /**
   * @param seen the version changed; null for a new one.
   * @returns false when somebody else was first.
   * @throws RabbitMQError when it is not known whether it was kept.
   */
  async put(workflow: Workflow, seen: number | null): Promise<boolean> {
    const counted = this.isLocal ? this.putLocal(workflow, seen) : await this.putShared(workflow, seen);
    if (counted) await this.trim();
    return counted;
  }

  /** Forgets a workflow of which nothing was sent. */
  async remove({ workflow, version }: KeptWorkflow): Promise<void> {
    if (!this.local.delete(workflow.id)) await this.options.log.remove(workflow.id, version);
  }

  private get isLocal(): boolean {
    const { ready, kind } = this.options.log.status;
    return ready && kind === 'none';
  }

  private putShared(workflow: Workflow, seen: number | null): Promise<boolean> {
    return this.options.log.put(workflow.id, workflow, seen);
  }

  private putLocal(workflow: Workflow, seen: number | null): boolean {
    const version = this.local.get(workflow.id)?.version ?? null;
    if (version !== seen) return false;
    this.local.set(workflow.id, { workflow, version: (version ?? 0) + 1 });
    return true;
  }

  private async trim(): Promise<void> {
    const { log, clock, maxAgeMs, maxEntries, logger } = this.options;
    const shared = [...log.entries()].map(([, { value, version }]) => ({ workflow: value, version }));
    const kept = [...shared, ...this.local.values()].sort(
      (a, b) => a.workflow.createdAt - b.workflow.createdAt,
    );
    const surplus = kept.length - maxEntries;
    const past = clock.now() - maxAgeMs;
    const going = kept.filter(({ workflow }, index) => index < surplus || workflow.createdAt < past);
    for (const each of going) {
      // Another gateway may be at it as well.
      await this.remove(each).catch((error: unknown) => {
        logger.warn('a workflow that is over was not forgotten', { workflow: each.workflow.id, error });
      });
    }
  }
}

/** What a stored workflow looks like; undefined for what is none. */
export function readWorkflow(json: unknown): Workflow | undefined {
  const value = json as Partial<Workflow> | null;
  const whole = typeof value?.id === 'string' && typeof value.graph === 'object' && value.graph !== null;
  return whole ? (value as Workflow) : undefined;
}
