import type { ControlClient, ControlReplies, RevokeLog, RunWindow } from '../../celery';
import type { TaskFilter, TaskHistoryReader } from '../../celery/history';
import { parseIsoTime, READY_STATES } from '../../celery/protocol';
import { GatewayError, inputError } from '../errors';
import type { MessagingService } from '../messaging';

/** How running tasks are to be ended; undefined lets them run. */
export interface RevokeTerms {
  readonly terminate: boolean;
  readonly signal: string;
}

/** What a revoke did. */
export interface RevokeOutcome {
  readonly replies: ControlReplies;
  /** When the first tombstone expires, epoch milliseconds; null where none could be kept. */
  readonly heldUntil: number | null;
}

/** Of a revoke of many. */
export interface BulkRevokeOutcome extends RevokeOutcome {
  readonly dryRun: boolean;
  /** Undefined for stamps. */
  readonly taskIds: readonly string[] | undefined;
}

export interface RevokeServiceDeps {
  readonly messaging: Pick<MessagingService, 'revokeTask'>;
  readonly control: Pick<ControlClient, 'broadcast' | 'revoke'>;
  /** Undefined while messaging is switched off. */
  readonly revokes: Pick<RevokeLog, 'addIds' | 'addStamps' | 'recording'> | undefined;
  /** Undefined where no history is kept. */
  readonly history: Pick<TaskHistoryReader, 'select' | 'get'> | undefined;
}

const NOBODY: RevokeOutcome = { replies: { replies: {}, missing: [] }, heldUntil: null };

/** Ids in one broadcast. */
const BATCH = 1000;

/**
 * Revokes tasks so that it holds: first the tombstone, then the broadcast. A worker that comes online in between hears of it
 * twice, never not at all.
 */
export class RevokeService {
  constructor(private readonly deps: RevokeServiceDeps) {}

  async revoke(taskId: string, terms: RevokeTerms): Promise<RevokeOutcome> {
    const heldUntil = await this.keepIds([taskId], terms);
    return { replies: await this.deps.messaging.revokeTask(taskId, terms), heldUntil };
  }

  async revokeMany(
    taskIds: readonly string[],
    terms: RevokeTerms,
    dryRun: boolean,
  ): Promise<BulkRevokeOutcome> {
    if (dryRun || taskIds.length === 0) return { ...NOBODY, dryRun, taskIds };
    const heldUntil = await this.keepIds(taskIds, terms);
    const answers: ControlReplies[] = [];
    for (let at = 0; at < taskIds.length; at += BATCH) {
      answers.push(await this.deps.control.revoke(taskIds.slice(at, at + BATCH), terms));
    }
    return { dryRun, taskIds, heldUntil, replies: together(answers) };
  }

  /** All tasks with one of these stamps, also those still to come. */
  async revokeStamped(
    stamps: Readonly<Record<string, readonly string[]>>,
    terms: RevokeTerms,
    dryRun: boolean,
  ): Promise<BulkRevokeOutcome> {
    if (dryRun) return { ...NOBODY, dryRun, taskIds: this.stamped(stamps) };
    const heldUntil = await this.keep((revokes, signal) => revokes.addStamps(stamps, signal), terms);
    const args = { headers: stamps, terminate: terms.terminate, signal: terms.signal };
    const replies = await this.deps.control.broadcast('revoke_by_stamped_headers', args);
    return { dryRun, taskIds: undefined, heldUntil, replies };
  }

  /**
   * The unfinished tasks that match.
   * @throws GatewayError REQUEST_INVALID when they are more than `limit`; NOT_READY without a history.
   */
  unfinished(filter: TaskFilter, limit: number): readonly string[] {
    const { history } = this.deps;
    if (history === undefined) {
      throw new GatewayError('NOT_READY', 'Tasks cannot be selected: no history of them is kept.');
    }
    const found: string[] = [];
    for (const { taskId, state } of history.select(filter)) {
      if ((READY_STATES as ReadonlySet<string>).has(state)) continue;
      found.push(taskId);
      if (found.length > limit) {
        const errors = [{ pointer: '/filter', detail: `selects more than ${limit} tasks (limit)` }];
        throw inputError('REQUEST_INVALID', 'The filter selects too many tasks.', errors);
      }
    }
    return found;
  }

  private stamped(stamps: Readonly<Record<string, readonly string[]>>): readonly string[] | undefined {
    if (this.deps.history === undefined) return undefined;
    const any = Object.entries(stamps).flatMap(([name, values]) => values.map((value) => `${name}:${value}`));
    return this.unfinished({ stamp: { any, none: [] } }, Number.POSITIVE_INFINITY);
  }

  private keepIds(taskIds: readonly string[], terms: RevokeTerms): Promise<number | null> {
    return this.keep(
      (revokes, signal) => revokes.addIds(taskIds, signal, (taskId) => this.windowOf(taskId)),
      terms,
    );
  }

  /** A task that is due only after a revoke of usual length needs a longer one. */
  private windowOf(taskId: string): RunWindow | undefined {
    const task = this.deps.history?.get(taskId);
    if (task === undefined) return undefined;
    return { notBefore: momentOf(task.eta), notAfter: momentOf(task.expires) };
  }

  private async keep(
    add: (revokes: NonNullable<RevokeServiceDeps['revokes']>, signal: string | undefined) => Promise<number>,
    { terminate, signal }: RevokeTerms,
  ): Promise<number | null> {
    const { revokes } = this.deps;
    if (revokes === undefined || !revokes.recording) return null;
    return add(revokes, terminate ? signal : undefined);
  }
}

const momentOf = (time: string | null): number | undefined =>
  time === null ? undefined : parseIsoTime(time);

/** Answers to several broadcasts as one: the last of each worker, and those who missed any. */
function together(answers: readonly ControlReplies[]): ControlReplies {
  const replies = Object.assign({}, ...answers.map((answer) => answer.replies)) as ControlReplies['replies'];
  return { replies, missing: [...new Set(answers.flatMap(({ missing }) => missing))] };
}
