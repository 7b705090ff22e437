import {
  canvas,
  decodeException,
  encodeException,
  exceptionLine,
  exceptionRepr,
  PythonError,
  type Signature,
  type TaskMeta,
} from '../protocol';
import type { Join } from './join';
import { linkErrorsOf } from './starts-chord';

/** A task that will never run, and what its caller is told. */
export interface FailedTask {
  readonly taskId: string;
  readonly replyTo: string;
  readonly result: unknown;
  readonly traceback: string | null;
}

/** Errbacks to be called, old style: with the failed task's id. */
export interface DueErrbacks {
  readonly taskId: string;
  readonly errbacks: readonly Signature[];
}

/** What has to be done when a join cannot start its next steps. */
export interface JoinFailure {
  readonly failed: readonly FailedTask[];
  readonly errbacks: readonly DueErrbacks[];
}

type Reason = Pick<FailedTask, 'result' | 'traceback'>;

const NONE: JoinFailure = { failed: [], errbacks: [] };
const BECAUSE = '\nThe above exception was the direct cause of the following exception:\n\n';

const idOf = (sig: Signature): string | undefined =>
  typeof sig.options.task_id === 'string' ? sig.options.task_id : undefined;

const listOf = (value: unknown): readonly Signature[] => (Array.isArray(value) ? value : []);

/** The tasks whose results a caller of this waits for. */
function* resultTasks(sig: Signature): Generator<Signature> {
  if (canvas.isGroup(sig)) for (const task of sig.kwargs.tasks) yield* resultTasks(task);
  else if (canvas.isChord(sig)) {
    if (sig.kwargs.body !== null) yield* resultTasks(sig.kwargs.body);
  } else if (canvas.isChain(sig)) {
    const last = sig.kwargs.tasks.at(-1);
    if (last !== undefined) yield* resultTasks(last);
  } else yield sig;
}

/** Each signature's failure, by ids that are there; the same id once. */
const failedTasks = (signatures: readonly Signature[], reason: Reason, join: Join): FailedTask[] => {
  const byId = new Map<string, FailedTask>();
  for (const sig of signatures) {
    const taskId = idOf(sig);
    const replyTo = typeof sig.options.reply_to === 'string' ? sig.options.reply_to : join.replyTo;
    if (taskId !== undefined && !byId.has(taskId)) byId.set(taskId, { taskId, replyTo, ...reason });
  }
  return [...byId.values()];
};

/** The later steps of a failed one, a chord's body among them (celery/backends/base.py `_fail_chain`). */
const laterSteps = (chain: readonly Signature[]): readonly Signature[] =>
  chain.flatMap((sig) => (canvas.isChord(sig) ? [sig, ...resultTasks(sig)] : [sig]));

/** `Dependency <id> raised <repr>`, after the traceback of what it was that failed. */
const chordError = (text: string, cause: TaskMeta | undefined): Reason => {
  const error = new PythonError('ChordError', 'celery.exceptions', [text]);
  const before = cause?.traceback ? `${cause.traceback.trimEnd()}\n${BECAUSE}` : '';
  return {
    result: encodeException(error),
    traceback: `${before}Traceback (most recent call last):\n${exceptionLine(error)}\n`,
  };
};

const dependencyText = ({ task_id, result }: TaskMeta): string => {
  const { type, module, args } = decodeException(result);
  return `Dependency ${task_id} raised ${exceptionRepr(new PythonError(type, module, args))}`;
};

/** Each task of a group body fails with what the header task raised (`_handle_group_chord_error`). */
const groupFailure = (body: Signature, reason: Reason, join: Join): JoinFailure => {
  const members = listOf(body.kwargs.tasks);
  const own = linkErrorsOf(body);
  return {
    failed: failedTasks([...[...resultTasks(body)], body], reason, join),
    errbacks: members.flatMap((member) => {
      const taskId = idOf(member);
      return taskId === undefined ? [] : [{ taskId, errbacks: [...linkErrorsOf(member), ...own] }];
    }),
  };
};

const bodyFailure = (body: Signature, error: Reason, cause: Reason, join: Join): JoinFailure => {
  const rest = failedTasks(laterSteps(listOf(body.options.chain)), error, join);
  if (canvas.isGroup(body)) {
    const { failed, errbacks } = groupFailure(body, cause, join);
    return { failed: [...failed, ...rest], errbacks };
  }
  const taskId = idOf(body);
  const errbacks = taskId === undefined ? [] : [{ taskId, errbacks: linkErrorsOf(body) }];
  return { failed: [...failedTasks([body, ...resultTasks(body)], error, join), ...rest], errbacks };
};

/**
 * A chord of which a header task failed: the failure is its body's, and the body's errbacks are called
 * (celery/backends/base.py `chord_error_from_stack`). Steps after a failed task take its failure over; its own worker has called
 * its errbacks. A revoked task fails nobody but chords, as in Celery.
 */
export const dependencyFailed = (join: Join, culprit: TaskMeta): JoinFailure => {
  const cause = { result: culprit.result, traceback: culprit.traceback };
  if (join.kind === 'chord') {
    const error = chordError(dependencyText(culprit), culprit);
    return combined(join.next.map(({ signature }) => bodyFailure(signature, error, cause, join)));
  }
  if (join.kind === 'callback' || culprit.status !== 'FAILURE') return NONE;
  const steps = join.next.flatMap(({ signature, chain }) => laterSteps([...chain, signature]));
  return { failed: failedTasks(steps, cause, join), errbacks: [] };
};

/** The next steps could not be sent, and never will be (`Callback error: …`). */
export const notStarted = (join: Join, error: unknown): JoinFailure => {
  const reason = chordError(`Callback error: ${exceptionRepr(error)}`, undefined);
  return combined(
    join.next.map(({ signature, chain }) => {
      const { failed, errbacks } = bodyFailure(signature, reason, reason, join);
      return { failed: [...failed, ...failedTasks(laterSteps(chain), reason, join)], errbacks };
    }),
  );
};

const combined = (failures: readonly JoinFailure[]): JoinFailure => ({
  failed: failures.flatMap(({ failed }) => failed),
  errbacks: failures.flatMap(({ errbacks }) => errbacks).filter(({ errbacks }) => errbacks.length > 0),
});
