import {
  type Canvas,
  canvas,
  encodeException,
  type GroupSignature,
  type PythonError,
  type Signature,
} from '../../celery/protocol';
import type { ChordPart } from '../../celery/results';
import type { CanvasDeps, Settling } from './canvas-services';
import type { Errbacks } from './errbacks';
import { failureMeta } from './failure-meta';

/** A part of a chord that has to be returned, and the chord's body. */
export interface OwedPart {
  readonly part: ChordPart;
  readonly body: Signature;
  /**
   * Stores the failure of the step that never runs, once its part is counted. Celery takes a failed step for one whose part is
   * returned: stored first, nobody would return it where this worker dies in between and Python gets the message.
   */
  readonly onReturned?: () => Promise<void>;
}

type Options = Readonly<Record<string, unknown>>;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const signaturesOf = (value: unknown): readonly Signature[] => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as readonly Signature[];
};

/** The part that a task which never runs owes its chord. */
function owedBy(options: Options, error: unknown): OwedPart | null {
  const { chord, group_index: index } = options;
  const [taskId, groupId] = [textOf(options.task_id), textOf(options.group_id)];
  if (chord === undefined || chord === null || taskId === null || groupId === null) return null;
  const groupIndex = typeof index === 'number' ? index : null;
  const part = { taskId, groupId, groupIndex, state: 'FAILURE', result: encodeException(error) };
  return { part, body: chord as Signature };
}

/** Errbacks of a chord are linked to its body, those of a group to its tasks (celery/backends/base.py `_result_errbacks`). */
function errbacksOf(sig: Canvas): readonly Signature[] {
  const own = signaturesOf(sig.options.link_error);
  if (canvas.isChord(sig)) return sig.kwargs.body === null ? own : [...own, ...errbacksOf(sig.kwargs.body)];
  if (canvas.isGroup(sig)) return [...own, ...sig.kwargs.tasks.flatMap(errbacksOf)];
  return own;
}

/** The signature whose result is the chord's: its body, or that one's. */
function resultOf(sig: Canvas): Canvas {
  return canvas.isChord(sig) && sig.kwargs.body !== null ? resultOf(sig.kwargs.body) : sig;
}

/** The signatures whose results are a composite's: a chord's body, a chain's last step, each member of a group. */
function endsOf({ subtask_type: type, kwargs }: Signature): readonly Signature[] {
  if (type === 'chord') return signaturesOf(kwargs.body);
  if (type === 'group') return signaturesOf(kwargs.tasks);
  return type === 'chain' ? signaturesOf(kwargs.tasks).slice(-1) : [];
}

const unique = (errbacks: readonly Signature[]): readonly Signature[] => [
  ...new Map(errbacks.map((errback) => [JSON.stringify(errback), errback])).values(),
];

/**
 * Carries a failure on to all that will now never run, so that nobody waits for it. What is owed to chords is answered to
 * the caller: that may fail another body, and so on.
 */
export class FailurePropagation {
  constructor(
    private readonly deps: CanvasDeps,
    private readonly errbacks: Errbacks,
  ) {}

  /**
   * The rest of a chain, and of a chord in it the body, whose result is the chord's (celery/backends/base.py `_fail_chain`). Of
   * a group, which can only be the last step, each task fails: Celery fails the group's id and leaves its tasks pending.
   * @param stores false where results are ignored: chords are told all the same.
   */
  async failChain(
    chain: readonly Signature[],
    error: unknown,
    stores: boolean,
    settling: Settling,
  ): Promise<readonly OwedPart[]> {
    const owed: OwedPart[] = [];
    const pending = [...chain];
    const stored = new Set<unknown>();
    for (let sig = pending.shift(); sig !== undefined; sig = pending.shift()) {
      const { task_id: id } = sig.options;
      const { options } = sig;
      const isToStore = stores && !stored.has(id);
      stored.add(id);
      const part = sig.subtask_type === 'group' ? null : owedBy(options, error);
      if (part === null && isToStore) await this.store(options, error, settling);
      const onReturned = (): Promise<void> => this.store(options, error, settling);
      if (part !== null) owed.push(isToStore ? { ...part, onReturned } : part);
      pending.push(...endsOf(sig));
    }
    return owed;
  }

  /**
   * A chord's body that will never run (celery/backends/base.py `chord_error_from_stack`). A body that is itself a member of a
   * chord fails that one too, and of a body that is a chord the result fails: Celery leaves both pending for ever.
   */
  async failBody(given: Signature, error: PythonError, settling: Settling): Promise<readonly OwedPart[]> {
    const body = canvas.fromDict(given);
    const owed = canvas.isGroup(body)
      ? await this.failGroup(body, error, settling)
      : await this.failOne(body, error, settling);
    const rest = await this.failChain(signaturesOf(body.options.chain), error, true, settling);
    return [...owed, ...rest];
  }

  private async failOne(body: Canvas, error: PythonError, settling: Settling): Promise<readonly OwedPart[]> {
    const id = textOf(body.options.task_id) ?? this.deps.newId();
    await this.callErrbacks(body, id, signaturesOf(body.options.link_error), error, settling);
    const identified = { ...body, options: { ...body.options, task_id: id } };
    return this.failChain([identified as Canvas], error, true, settling);
  }

  /** Each task of the body fails with what failed the chord, as does the group itself (`_handle_group_chord_error`). */
  private async failGroup(
    body: GroupSignature,
    error: PythonError,
    settling: Settling,
  ): Promise<readonly OwedPart[]> {
    const cause = error.cause ?? error;
    const shared = signaturesOf(body.options.link_error);
    const owed: OwedPart[] = [];
    for (const member of body.kwargs.tasks) {
      const result = resultOf(member);
      const id = textOf(result.options.task_id);
      if (id === null) continue;
      await this.callErrbacks(result, id, unique([...errbacksOf(member), ...shared]), cause, settling);
      owed.push(...(await this.failChain([member], cause, true, settling)));
    }
    await this.store(body.options, cause, settling);
    return owed;
  }

  /** A failure of an errback must not keep the body from failing. */
  private async callErrbacks(
    sig: Canvas,
    id: string,
    errbacks: readonly Signature[],
    error: unknown,
    settling: Settling,
  ): Promise<void> {
    const { task, args, kwargs } = sig;
    const failed = { ...settling.request, id, task, args, kwargs: { ...kwargs }, rootId: null };
    try {
      await this.errbacks.call(errbacks, failed, error, settling);
    } catch (thrown) {
      this.deps.services.logger.error('errbacks were not called', { taskId: id, error: thrown });
    }
  }

  private async store(options: Options, error: unknown, { repeat }: Settling): Promise<void> {
    const { services } = this.deps;
    const id = textOf(options.task_id);
    if (id === null || !services.storesResults) return;
    const address = { id, correlationId: id, replyTo: textOf(options.reply_to) };
    const meta = failureMeta(id, error, services.clock.now(), options);
    await repeat(() => services.results.storeResult(address, meta));
  }
}
