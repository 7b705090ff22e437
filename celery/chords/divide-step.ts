import type { Continuation, DividedStep } from '../client';
import { TaskError } from '../errors';
import type { CanvasResult, canvas, Signature } from '../protocol';
import { failsIntoChord, startsChord } from './starts-chord';

const unsupported = (detail: string, { task, options }: canvas.TaskStep): TaskError =>
  new TaskError('CANVAS_UNSUPPORTED', `this canvas cannot run with rpc:// results: ${detail}`, {
    details: { task, taskId: options.task_id },
  });

const signatures = (value: unknown): readonly Signature[] => {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as readonly Signature[];
};

const idOf = (sig: Signature): string => String(sig.options.task_id);

/** The tasks that run one after the other, from the published one on; the last one's result, the others as its parents. */
const resultAfter = (ids: readonly string[]): CanvasResult =>
  ids.reduce<CanvasResult | null>((parent, id) => ({ id, parent, results: null }), null) as CanvasResult;

/** @throws TaskError `CANVAS_UNSUPPORTED` for what would leave a chord waiting without end. */
const check = (step: canvas.TaskStep): void => {
  const { options } = step;
  const followers = [...signatures(options.chain), ...signatures(options.link)];
  const errbacks = signatures(options.link_error);
  if (errbacks.some(startsChord) || [...followers, ...errbacks].some(failsIntoChord)) {
    throw unsupported('an errback starts a chord, and workers cannot', step);
  }
  if (options.chord && options.ignore_result === true && signatures(options.chain).length === 0) {
    throw unsupported('a header task ignores its result, so nobody would learn that it has ended', step);
  }
};

/**
 * Celery's workers refuse to start a chord on rpc://. So whatever follows a task is cut at the first step that has one in it:
 * the worker gets the steps before, the gateway starts that step and all after it (docs/adr/0064-chords-on-rpc.md). Callbacks with
 * a chord in them go the same way.
 */
export const divideStep = (step: canvas.TaskStep): DividedStep => {
  check(step);
  const chain = signatures(step.options.chain);
  const links = signatures(step.options.link);
  const at = chain.findLastIndex(startsChord);
  const taken = links.filter(startsChord);
  if (at === -1 && taken.length === 0) return { step };
  const options: Record<string, unknown> = { ...step.options };
  const taskId = String(options.task_id);
  const shared = { replyTo: String(options.reply_to ?? ''), rootId: String(options.root_id || taskId) };
  const continuations: Continuation[] = [];
  if (taken.length > 0) {
    options.link = links.filter((link) => !taken.includes(link));
    const next = taken.map((signature) => ({ signature, chain: [] }));
    continuations.push({ ...shared, kind: 'callback', awaits: resultAfter([taskId]), next });
  }
  if (at >= 0) {
    const kept = chain.slice(at + 1);
    options.chain = kept;
    const awaits = resultAfter([taskId, ...kept.toReversed().map(idOf)]);
    const next = [{ signature: chain[at] as Signature, chain: chain.slice(0, at) }];
    continuations.push({ ...shared, kind: 'step', awaits, next });
  }
  return { step: { ...step, options }, continuations };
};
