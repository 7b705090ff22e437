import { defineTask } from '../index';
import { analyseText } from './analysis';

/** `ai.analyze`: language, sentiment and keywords of a text, without a network. */
export const analyze = defineTask('ai.analyze', { params: ['text'] }, (_context, { text }) => {
  if (typeof text !== 'string') throw new RangeError('text must be a string');
  return analyseText(text);
});
