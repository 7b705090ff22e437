import data from '../data/languages.json';
import type { Word } from './words';

/** A language a text may be in; `und` stands for none. */
export interface Language {
  /** ISO 639-1, e.g. `de`. */
  readonly code: string;
  readonly name: string;
}

interface LanguageModel extends Language {
  readonly script: string;
  /** Trigram to its weight: 300 for the commonest. */
  readonly trigrams: ReadonlyMap<string, number>;
  readonly stopWords: ReadonlySet<string>;
}

/** A stop word says more about the language of a short text than a trigram does. */
const STOP_WORD_WEIGHT = 400;
const UNDETERMINED: Language = { code: 'und', name: 'Undetermined' };

const models: readonly LanguageModel[] = data.languages.map(({ trigrams, stopWords, ...language }) => ({
  ...language,
  trigrams: new Map(trigrams.split('|').map((trigram, rank) => [trigram, 300 - rank])),
  stopWords: new Set(stopWords.split(' ')),
}));

/** The words that carry no meaning in a language. */
export function stopWordsOf(code: string): ReadonlySet<string> {
  return models.find((model) => model.code === code)?.stopWords ?? new Set();
}

/** The commonest writing system, by letters; kana make the Han characters beside them Japanese. */
function mainScript(words: readonly Word[]): string | undefined {
  const letters = new Map<string, number>();
  for (const { text, script } of words) {
    letters.set(script, (letters.get(script) ?? 0) + Array.from(text).length);
  }
  const kana = (letters.get('Hiragana') ?? 0) + (letters.get('Katakana') ?? 0);
  if (kana > 0) {
    letters.set('Japanese', kana + (letters.get('Han') ?? 0));
    for (const part of ['Hiragana', 'Katakana', 'Han']) letters.delete(part);
  }
  let main: string | undefined;
  for (const [script, count] of letters) {
    if (main === undefined || count > (letters.get(main) ?? 0)) main = script;
  }
  return main;
}

/** Every three neighbouring characters, words being one space apart. */
function trigramsOf(words: readonly string[]): readonly string[] {
  const characters = Array.from(` ${words.join(' ')} `);
  return characters.slice(2).map((last, index) => `${characters[index]}${characters[index + 1]}${last}`);
}

function score(model: LanguageModel, words: readonly string[], trigrams: readonly string[]): number {
  let total = 0;
  for (const trigram of trigrams) total += model.trigrams.get(trigram) ?? 0;
  for (const word of words) if (model.stopWords.has(word)) total += STOP_WORD_WEIGHT;
  return total;
}

/** The likeliest language of these words: franc's trigram models and stop words, integers only so that no twin rounds. */
export function languageOf(words: readonly Word[]): Language {
  const script = mainScript(words);
  const candidates = models.filter((model) => model.script === script);
  const texts = words.map((word) => word.text);
  let best: LanguageModel | undefined = candidates.length === 1 ? candidates[0] : undefined;
  let bestScore = 0;
  if (candidates.length > 1) {
    const trigrams = trigramsOf(texts);
    for (const model of candidates) {
      const total = score(model, texts, trigrams);
      if (total > bestScore) [best, bestScore] = [model, total];
    }
  }
  return best === undefined ? UNDETERMINED : { code: best.code, name: best.name };
}
