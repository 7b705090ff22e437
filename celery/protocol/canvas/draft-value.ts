import type { Signature } from '../signature';
import type { Canvas } from './canvas';
import { type ChordKwargs, type Draft, mapSignatureOptions } from './draft';

/** Copies whatever of a canvas may be changed; arguments stay the caller's. */
const copied = (sig: Draft): Draft => {
  const options = mapSignatureOptions(sig.options, copied);
  switch (sig.subtask_type) {
    case 'chain':
      return { ...sig, options, kwargs: { tasks: sig.kwargs.tasks.map(copied) } };
    case 'group':
      return { ...sig, options, kwargs: { tasks: sig.kwargs.tasks.map(copied) } };
    case 'chord': {
      const { header, body } = sig.kwargs;
      const copy = Array.isArray(header) ? header.map(copied) : copied(header);
      const kwargs = { ...sig.kwargs, header: copy, body: body && copied(body) } as ChordKwargs;
      return { ...sig, options, kwargs };
    }
    default:
      return { ...sig, options };
  }
};

/** A draft of a value, which itself is never touched. The value was typed by `fromDict` or by the constructors. */
export const toDraft = (canvas: Signature): Draft => copied(canvas as Draft);

/** What a draft has become, as a value: later changes to the draft are not seen. */
export const toValue = (draft: Draft): Canvas => copied(draft) as Canvas;

/** Options with the signatures in them copied: a draft's as values, a value's as drafts. */
export const copiedOptions = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  mapSignatureOptions(options, copied);
