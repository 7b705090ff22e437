import { stopWordsOf } from './language';
import type { Word } from './words';

const MAX_KEYWORDS = 8;
const MIN_LETTERS = 3;
/** Chinese and Japanese words are short and unspaced: a run of Han characters longer than this is cut into pairs. */
const LONGEST_HAN_WORD = 4;

const pairsOf = (run: string): string[] => {
  const characters = Array.from(run);
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
};

function candidatesOf({ text, script }: Word): readonly string[] {
  const length = Array.from(text).length;
  if (script === 'Hiragana') return [];
  if (script === 'Han') return length < 2 ? [] : length > LONGEST_HAN_WORD ? pairsOf(text) : [text];
  return length < MIN_LETTERS ? [] : [text];
}

/** The words that tell what a text is about: not stop words, the most frequent first, then in order of appearance. */
export function keywordsOf(words: readonly Word[], language: string): readonly string[] {
  const ignored = stopWordsOf(language);
  const ignoredInEnglish = stopWordsOf('en');
  const counts = new Map<string, number>();
  for (const word of words) {
    for (const candidate of candidatesOf(word)) {
      if (ignored.has(candidate) || ignoredInEnglish.has(candidate)) continue;
      counts.set(candidate, (counts.get(candidate) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_KEYWORDS)
    .map(([word]) => word);
}
