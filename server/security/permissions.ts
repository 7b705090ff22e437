import { GatewayError, inputError } from '../errors';
import { type Grants, isNarrowed, type Principal, principalOf } from './principal';

/** One task that is about to be sent: the submitted one, or any node of a canvas. */
export interface TaskToSend {
  readonly task: string;
  /** Undefined: where the routes send it. */
  readonly queue?: string | undefined;
  /** Given instead of a queue: then nobody can tell beforehand which queues it reaches. */
  readonly exchange?: string | undefined;
  /** The id it is to have, where the caller chose it. */
  readonly taskId?: string | undefined;
  /** Where it stands in the request, for the answer. Default: the top. */
  readonly pointer?: string | undefined;
}

/** Who submitted a task and what it is, as the submission record has it. */
export interface TaskOwner {
  readonly tenant: string | null;
  readonly task: string;
  /** Null: an exchange took it. */
  readonly queue: string | null;
}

/** The message header that names the tenant of a task. Callers cannot set it: {@link tenantHeaders} comes last. */
export const TENANT_HEADER = 'gateway_tenant';

export interface PermissionsOptions {
  /** The queue that a task without one is sent to; undefined for an exchange. */
  readonly routedQueue: (task: string) => string | undefined;
  /** Who submitted a task; undefined where nobody knows. */
  readonly ownerOf: (taskId: string) => TaskOwner | undefined;
}

/** What a key may name and see beyond its scopes: its tasks, its queues, its tenant. */
export class Permissions {
  constructor(private readonly options: PermissionsOptions) {}

  /**
   * Whether the caller may send this task. Called for each node of a canvas: a chain's last step is as much a submission as
   * its first. Costs one comparison for keys that are not limited.
   * @throws GatewayError NAME_NOT_ALLOWED that points to the place.
   */
  check(principal: Principal | undefined, sent: TaskToSend): void {
    if (principal === undefined || !isNarrowed(principal)) return;
    const { pointer = '', taskId } = sent;
    // The latest submission of an id is its record: it would hand over the result of the one before.
    const owner = taskId === undefined ? undefined : this.options.ownerOf(taskId);
    if (owner !== undefined && principal.tenant !== undefined && owner.tenant !== principal.tenant)
      throw refusal(`${pointer}/task_id`, 'is not free');
    if (principal.tasks?.has(sent.task) === false) {
      throw refusal(`${pointer}/task_name`, 'is not among the tasks of this key');
    }
    if (principal.queues !== undefined) this.checkQueue(principal, sent, pointer);
  }

  /** Headers that mark a task as the caller's tenant's; undefined for a key without a tenant. */
  tenantHeaders(principal: Principal | undefined): Readonly<Record<string, string>> | undefined {
    return principal?.tenant === undefined ? undefined : { [TENANT_HEADER]: principal.tenant };
  }

  /** Whether the caller may use this queue: those of its key, or all. */
  mayUseQueue(principal: Principal | undefined, queue: string): boolean {
    return principal?.queues?.has(queue) !== false;
  }

  /** Whether the caller may know of the task with this id. */
  maySeeTask(principal: Principal | undefined, taskId: string): boolean {
    return (
      principal === undefined ||
      !isNarrowed(principal) ||
      this.maySee(principal, this.options.ownerOf(taskId))
    );
  }

  /** For lists and for single tasks: whether the caller may know of this task. An unknown owner is a foreign one. */
  maySee(principal: Principal | undefined, owner: TaskOwner | undefined): boolean {
    if (principal === undefined || !isNarrowed(principal)) return true;
    if (owner === undefined) return false;
    if (principal.tenant !== undefined && owner.tenant !== principal.tenant) return false;
    if (principal.tasks?.has(owner.task) === false) return false;
    return principal.queues === undefined || (owner.queue !== null && principal.queues.has(owner.queue));
  }

  /**
   * Whether the caller may hand out these grants: nobody can make, or take over, a key that may do more than their own.
   * @throws GatewayError FORBIDDEN.
   */
  checkGrants(principal: Principal | undefined, granted: Omit<Grants, 'id'>): void {
    if (principal === undefined) return;
    const { scopes } = principalOf({ ...granted, id: '' });
    const beyond = [...scopes].filter((scope) => !principal.scopes.has(scope));
    if (beyond.length === 0 && !isNarrowed(principal)) return;
    const detail =
      beyond.length > 0 ? `the scope ${beyond.join(', ')}` : 'keys that are not limited as it is';
    throw new GatewayError('FORBIDDEN', `This key may not give away ${detail}.`);
  }

  private checkQueue(principal: Principal, sent: TaskToSend, pointer: string): void {
    if (sent.exchange !== undefined && sent.exchange !== '')
      throw refusal(`${pointer}/exchange`, 'is not open to a key that is limited to queues');
    const queue = sent.queue ?? this.options.routedQueue(sent.task);
    if (queue === undefined || !this.mayUseQueue(principal, queue))
      throw refusal(`${pointer}/queue`, 'is not among the queues of this key');
  }
}

function refusal(pointer: string, detail: string): GatewayError {
  return inputError('NAME_NOT_ALLOWED', 'The key may not name this.', [{ pointer, detail }]);
}
