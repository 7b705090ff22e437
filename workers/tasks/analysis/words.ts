import scripts from '../data/scripts.json';

/** A word of a text, in lower case, and the writing system of its letters. */
export interface Word {
  readonly text: string;
  readonly script: string;
}

/** Longer texts are cut here: the first pages tell as much as the whole, and a task stays a matter of milliseconds. */
export const MAX_ANALYSED_CHARACTERS = 10_000;

const LETTER = /\p{L}/u;
const MARK = /\p{M}/u;

const scriptOf = (letter: string): string => {
  const codePoint = letter.codePointAt(0) ?? 0;
  if (codePoint < 880) return 'Latin';
  for (const { script, ranges } of scripts) {
    for (const [first = 0, last = 0] of ranges) if (codePoint >= first && codePoint <= last) return script;
  }
  return 'Latin';
};

/**
 * The words of a text: runs of letters of one writing system, so that Japanese breaks between kanji and kana. Apostrophes
 * end a word ("l'imprimante" is `l`, `imprimante`). The Python twin must find the very same ones.
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let open = '';
  let openScript = '';
  const close = () => {
    if (open !== '') words.push({ text: open, script: openScript });
    open = '';
  };
  for (const character of normalized(text)) {
    if (LETTER.test(character)) {
      const script = scriptOf(character);
      if (script !== openScript) close();
      open += character;
      openScript = script;
    } else if (open !== '' && MARK.test(character)) {
      open += character;
    } else {
      close();
    }
  }
  close();
  return words;
}

/** The characters the analysis looks at: composed, in lower case, bounded. */
export function normalized(text: string): readonly string[] {
  return Array.from(text.normalize('NFC').toLowerCase()).slice(0, MAX_ANALYSED_CHARACTERS);
}
