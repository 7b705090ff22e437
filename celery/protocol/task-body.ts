import { Malformed } from './malformed';
import type { Embed } from './message';
import type { Signature } from './signature';

/** A task message's body, whatever protocol it came in. */
export interface ReadBody {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  /** The body object of protocol v1 and of the hybrid form, whose fields stand in for headers. */
  readonly legacy: Readonly<Record<string, unknown>> | undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const argsOf = (args: unknown): readonly unknown[] => {
  if (args === undefined || args === null) return [];
  if (Array.isArray(args)) return args;
  // Python would splat a text character by character.
  throw new Malformed('args_invalid', 'the positional arguments are no list');
};

const kwargsOf = (kwargs: unknown): Readonly<Record<string, unknown>> => {
  if (kwargs === undefined || kwargs === null) return {};
  if (isRecord(kwargs)) return kwargs;
  throw new Malformed('kwargs_invalid', 'the keyword arguments are no mapping');
};

const signatureOf = (value: unknown, where: string): Signature => {
  if (!isRecord(value) || typeof value.task !== 'string') {
    throw new Malformed('embed_invalid', `${where} holds no signature`);
  }
  const { subtask_type, options } = value;
  return {
    ...value,
    task: value.task,
    args: argsOf(value.args),
    kwargs: kwargsOf(value.kwargs),
    options: isRecord(options) ? options : {},
    subtask_type: (typeof subtask_type === 'string' ? subtask_type : null) as Signature['subtask_type'],
    immutable: value.immutable === true,
  };
};

const signaturesOf = (value: unknown, where: string): readonly Signature[] | null => {
  if (value === undefined || value === null) return null;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => signatureOf(item, where));
};

const embedOf = (embed: unknown): Embed => {
  if (embed !== undefined && embed !== null && !isRecord(embed)) {
    throw new Malformed('embed_invalid', 'the third part of the body is no mapping');
  }
  const { callbacks, errbacks, chain, chord } = embed ?? {};
  return {
    callbacks: signaturesOf(callbacks, 'callbacks'),
    errbacks: signaturesOf(errbacks, 'errbacks'),
    chain: signaturesOf(chain, 'chain'),
    chord: chord === undefined || chord === null ? null : signatureOf(chord, 'chord'),
  };
};

/**
 * Takes a decoded body apart: `[args, kwargs, embed]` of v2, or one object of v1 and the hybrid form, told apart as Celery does
 * (celery/worker/strategy.py `proto1_to_proto2`, `hybrid_to_proto2`).
 * @throws Malformed; Python's worker process dies of a body that is not three parts long.
 */
export const readTaskBody = (body: unknown, hasTaskHeader: boolean): ReadBody => {
  if (Array.isArray(body)) {
    if (!hasTaskHeader || body.length !== 3) {
      throw new Malformed(
        'body_invalid',
        `the body is a list of ${body.length}, not of 3, or lacks its headers`,
      );
    }
    return { args: argsOf(body[0]), kwargs: kwargsOf(body[1]), embed: embedOf(body[2]), legacy: undefined };
  }
  if (!isRecord(body) || (hasTaskHeader && !('args' in body))) {
    throw new Malformed('body_invalid', 'the body is neither a list of 3 nor an object with args');
  }
  const { callbacks, errbacks, chord } = body;
  return {
    args: argsOf(body.args),
    kwargs: kwargsOf(body.kwargs),
    embed: embedOf({ callbacks, errbacks, chord, chain: null }),
    legacy: body,
  };
};
