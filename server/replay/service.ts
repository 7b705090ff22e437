import {
  type CeleryClient,
  type ContentProtection,
  embedOf,
  openedRecord,
  protectedReplay,
  type RecordedMessage,
  type ReplayEdits,
  recordedArguments,
  replayedMessage,
  type SubmissionRecords,
} from '../../celery';
import type { Destination } from '../../celery/client';
import type { TaskFilter, TaskHistoryReader } from '../../celery/history';
import { READY_STATES, validateTask } from '../../celery/protocol';
import type { Clock } from '../../runtime';
import { GatewayError, inputError } from '../errors';
import type { SubmitChecks, SubmitPermissions, Submitter } from '../tasks';

/** How a task is to run again. */
export interface ReplayCommand extends ReplayEdits {
  readonly destination?:
    | {
        readonly queue?: string | undefined;
        readonly exchange?: string | undefined;
        readonly routingKey?: string | undefined;
      }
    | undefined;
  /** Also while it is not known to be finished. */
  readonly force: boolean;
}

/** A task and the one that repeats it. */
export interface ReplayedTask {
  readonly replayOf: string;
  readonly taskId: string;
}

export type ReplayOutcome =
  | { readonly replayed: ReplayedTask }
  | { readonly replayOf: string; readonly error: unknown };

export interface ReplayServiceDeps {
  readonly records: Pick<SubmissionRecords, 'get' | 'readMessages'>;
  readonly client: Pick<CeleryClient, 'resend'>;
  /** Undefined where no history is kept. */
  readonly history: Pick<TaskHistoryReader, 'select'> | undefined;
  readonly checks: Pick<SubmitChecks, 'checkNames' | 'checkArguments'>;
  readonly permissions: SubmitPermissions & { maySeeTask(submitter: Submitter, taskId: string): boolean };
  readonly isFinished: (taskId: string) => Promise<boolean>;
  readonly replyTo: () => string;
  /** What signs or encrypts bodies, if anything does. */
  readonly protection: ContentProtection | undefined;
  /** How long the record keeps what was submitted. */
  readonly recordMaxAgeMs: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** The id of the task that repeats the given one: the same each time the same request is made. */
export type NewId = (taskId: string) => { readonly taskId: string; readonly repeatable: boolean };

/** The record's times are those of whole chunks, and clocks differ. */
const MARGIN_MS = 60_000;
/** Messages read, and in memory, at a time. */
const READ_AT_ONCE = 200;

/** Submits tasks again, from the messages they were submitted with. */
export class ReplayService {
  constructor(private readonly deps: ReplayServiceDeps) {}

  /**
   * Resolves when the broker has the new task.
   * @throws GatewayError TASK_NOT_FINISHED, TASK_NOT_RECORDED, NAME_NOT_ALLOWED; as a submission besides.
   */
  async replay(
    taskId: string,
    command: ReplayCommand,
    submitter: Submitter,
    newId: NewId,
  ): Promise<ReplayedTask> {
    const [outcome] = await this.replayMany([taskId], command, submitter, newId);
    if (outcome === undefined || 'error' in outcome) throw outcome?.error;
    return outcome.replayed;
  }

  /** An outcome for each, in their order. */
  async replayMany(
    taskIds: readonly string[],
    command: ReplayCommand,
    submitter: Submitter,
    newId: NewId,
  ): Promise<readonly ReplayOutcome[]> {
    const outcomes: ReplayOutcome[] = [];
    for (let at = 0; at < taskIds.length; at += READ_AT_ONCE) {
      const some = taskIds.slice(at, at + READ_AT_ONCE);
      const messages = await this.messagesOf(some);
      outcomes.push(
        ...(await Promise.all(
          some.map((taskId) =>
            this.outcome(taskId, async () => {
              const message = messages.get(taskId);
              await this.checkReplayable(taskId, message, command, submitter);
              return this.send(message as RecordedMessage, command, submitter, newId(taskId));
            }),
          ),
        )),
      );
    }
    return outcomes;
  }

  /**
   * The finished tasks that match and that the caller may see, oldest first.
   * @throws GatewayError REQUEST_INVALID when they are more than `limit`; NOT_READY without a history.
   */
  finished(filter: TaskFilter, limit: number, submitter: Submitter): readonly string[] {
    const { history, permissions } = this.deps;
    if (history === undefined) {
      throw new GatewayError('NOT_READY', 'Tasks cannot be selected: no history of them is kept.');
    }
    const found = history
      .select(filter)
      .filter(
        ({ taskId, state }) =>
          (READY_STATES as ReadonlySet<string>).has(state) && permissions.maySeeTask(submitter, taskId),
      );
    if (found.length <= limit) return found.map(({ taskId }) => taskId);
    const errors = [
      { pointer: '/filter', detail: `selects ${found.length} tasks, more than ${limit} (limit)` },
    ];
    throw inputError('REQUEST_INVALID', 'The filter selects too many tasks.', errors);
  }

  private async outcome(taskId: string, replay: () => Promise<string>): Promise<ReplayOutcome> {
    try {
      return { replayed: { replayOf: taskId, taskId: await replay() } };
    } catch (error) {
      return { replayOf: taskId, error };
    }
  }

  private async messagesOf(taskIds: readonly string[]): Promise<ReadonlyMap<string, RecordedMessage>> {
    const { records, clock, recordMaxAgeMs } = this.deps;
    const earliest = clock.now() - recordMaxAgeMs;
    const since = taskIds.map((taskId) => records.get(taskId)?.submittedAt ?? earliest);
    return records.readMessages(new Set(taskIds), Math.max(0, Math.min(...since) - MARGIN_MS));
  }

  private async checkReplayable(
    taskId: string,
    message: RecordedMessage | undefined,
    { force }: ReplayCommand,
    submitter: Submitter,
  ): Promise<void> {
    // To a stranger it is as if it never was.
    if (!this.deps.permissions.maySeeTask(submitter, taskId)) {
      throw new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
    }
    if (message === undefined) {
      throw new GatewayError('TASK_NOT_RECORDED', `The message of task ${taskId} is not on record.`);
    }
    if (!force && !(await this.deps.isFinished(taskId))) {
      throw new GatewayError('TASK_NOT_FINISHED', `The task ${taskId} is not known to be finished.`);
    }
  }

  private async send(
    recorded: RecordedMessage,
    command: ReplayCommand,
    submitter: Submitter,
    { taskId, repeatable }: ReturnType<NewId>,
  ): Promise<string> {
    const { permissions, replyTo, clock, client, records, protection } = this.deps;
    if (repeatable && records.get(taskId) !== undefined) return taskId;
    const message = openedRecord(recorded, protection);
    const destination = destinationOf(message, command);
    this.checkNames(message, command, destination, submitter);
    const headers = permissions.tenantHeaders(submitter);
    const encoded = replayedMessage(message, command, {
      taskId,
      replyTo: replyTo(),
      now: clock.now(),
      headers,
    });
    await client.resend(protectedReplay(encoded, protection), destination);
    return taskId;
  }

  /** The caller sends it all: the task, where to, and what follows it. */
  private checkNames(
    message: RecordedMessage,
    { args, kwargs }: ReplayCommand,
    { queue, exchange }: Destination,
    submitter: Submitter,
  ): void {
    const { checks } = this.deps;
    const name = String(message.properties.headers?.task);
    checks.checkNames(name, queue === null ? { exchange } : { queue }, submitter, '');
    if (args !== undefined || kwargs !== undefined) {
      const before = recordedArguments(message);
      const call = { args: args ?? before.args, kwargs: kwargs ?? before.kwargs };
      validateTask({ name, ...call });
      checks.checkArguments(name, call.args, call.kwargs);
    }
    for (const task of tasksIn(embedOf(message))) this.deps.permissions.check(submitter, { task });
  }
}

/** Where the caller says, else where it went before. */
function destinationOf(message: RecordedMessage, { destination = {} }: ReplayCommand): Destination {
  const { queue, exchange, routingKey = '' } = destination;
  if (queue !== undefined) return { exchange: '', routingKey: queue, queue };
  if (exchange !== undefined && exchange !== '') return { exchange, routingKey, queue: null };
  const toQueue = message.exchange === '';
  return {
    exchange: message.exchange,
    routingKey: message.routingKey,
    queue: toQueue ? message.routingKey : null,
  };
}

/** Names of all tasks in what follows a task, however deep. */
function* tasksIn(value: unknown): Generator<string, void> {
  if (typeof value !== 'object' || value === null) return;
  if ('task' in value && typeof value.task === 'string') yield value.task;
  for (const member of Object.values(value)) yield* tasksIn(member);
}
