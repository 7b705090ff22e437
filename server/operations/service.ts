import { randomUUID } from 'node:crypto';
import { RabbitMQError } from '../../amqp';
import type { Clock, Lifecycle, Logger } from '../../runtime';
import { GatewayError } from '../errors';
import { Operation, type OperationHandle, type OperationSubject } from './operation';
import { idPart, instanceOf, operationId } from './operation-id';

export interface OperationServiceDeps {
  readonly maxRunning: number;
  /** Which gateway this is; part of the ids, so that another one can tell where to ask. */
  readonly instance: string;
  /** How long an ended one can be asked for. */
  readonly keepMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly newId?: () => string;
}

/** Ended operations remembered at most, whatever their age. */
const MAX_REMEMBERED = 1000;
/** How long a stop waits for operations to give back what they hold. */
const STOP_MS = 3000;

/**
 * Runs long operations on queues, one at a time per queue, and remembers how they went. In this process only: an operation
 * that dies with it has lost nothing, since each message is acknowledged after it was safe elsewhere.
 */
export class OperationService implements Lifecycle {
  private readonly operations = new Map<string, Operation>();
  private stopped: boolean = false;

  constructor(private readonly deps: OperationServiceDeps) {}

  async start(): Promise<void> {}

  /** Cancels all and waits for them, a while. */
  async stop(): Promise<void> {
    this.stopped = true;
    const running = this.running();
    for (const operation of running) operation.cancel();
    const never = new AbortController().signal;
    await Promise.all(running.map((operation) => operation.ended(STOP_MS, never)));
  }

  /**
   * Begins an operation; it goes on by itself.
   * @throws GatewayError OPERATION_CONFLICT, OPERATIONS_SATURATED, SHUTTING_DOWN.
   */
  begin(subject: OperationSubject, work: (operation: OperationHandle) => Promise<void>): Operation {
    this.admit(subject);
    const { clock, instance, newId = randomUUID } = this.deps;
    const operation = new Operation(operationId(newId(), instance), subject, clock.now());
    this.operations.set(operation.id, operation);
    void this.run(operation, work);
    return operation;
  }

  /** @throws GatewayError OPERATION_NOT_FOUND. */
  get(id: string): Operation {
    this.forget();
    const operation = this.operations.get(id);
    if (operation === undefined) throw this.notFound(id);
    return operation;
  }

  /** The newest first. */
  list(): readonly Operation[] {
    this.forget();
    return [...this.operations.values()].reverse();
  }

  /** @throws GatewayError OPERATION_NOT_FOUND. An ended one stays as it is. */
  cancel(id: string): Operation {
    const operation = this.get(id);
    if (operation.running) operation.cancel();
    return operation;
  }

  private notFound(id: string): GatewayError {
    const instance = idPart(this.deps.instance);
    const other = instanceOf(id);
    const detail =
      other === undefined || other === instance
        ? `There is no operation ${id} here: forgotten, or its gateway was started anew. What it had not done is still in its queue: begin it again.`
        : `Operation ${id} is known to gateway ${other}; this is ${instance}. Ask there, or where that one is gone begin it again: what it had not done is still in its queue.`;
    return new GatewayError('OPERATION_NOT_FOUND', detail);
  }

  private admit({ queue }: OperationSubject): void {
    if (this.stopped) throw new GatewayError('SHUTTING_DOWN', 'The gateway is stopping.');
    this.forget();
    const running = this.running();
    const other = running.find((operation) => operation.subject.queue === queue);
    if (other !== undefined) {
      throw new GatewayError('OPERATION_CONFLICT', `Operation ${other.id} goes through ${queue}.`, {
        details: { operationId: other.id },
      });
    }
    if (running.length >= this.deps.maxRunning) {
      throw new GatewayError('OPERATIONS_SATURATED', `${running.length} operations are running.`, {
        retryable: true,
      });
    }
  }

  private async run(
    operation: Operation,
    work: (operation: OperationHandle) => Promise<void>,
  ): Promise<void> {
    const { logger, clock } = this.deps;
    const { subject, id } = operation;
    let error: { readonly code: string; readonly detail: string } | null = null;
    try {
      await work(operation);
    } catch (raised) {
      error = told(raised);
      logger.warn('an operation on a queue failed', { ...subject, operationId: id, error: raised });
    }
    operation.end(error, clock.now());
    logger.info('operation ended', { ...subject, operationId: id, ...operation.progress });
  }

  private running(): readonly Operation[] {
    return [...this.operations.values()].filter((operation) => operation.running);
  }

  private forget(): void {
    const before = this.deps.clock.now() - this.deps.keepMs;
    for (const operation of this.operations.values()) {
      const { endedAt } = operation;
      const tooMany = this.operations.size > MAX_REMEMBERED;
      if (endedAt !== null && (endedAt < before || tooMany)) this.operations.delete(operation.id);
    }
  }
}

/** Errors that are not ours tell nothing of their insides. */
function told(error: unknown): { readonly code: string; readonly detail: string } {
  if (error instanceof RabbitMQError) return { code: error.code, detail: error.message };
  return { code: 'INTERNAL_ERROR', detail: 'The gateway failed; its log has the cause.' };
}
