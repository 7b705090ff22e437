import data from '../data/sentiment.json';
import type { Word } from './words';

/** How a text feels; the score is the sum of the valences found, −5 to +5 each. */
export interface Sentiment {
  readonly label: 'negative' | 'neutral' | 'positive';
  readonly score: number;
  /** The words and emoji that counted, in order, at most ten. */
  readonly matches: readonly string[];
}

const valences = new Map(Object.entries(data.words));
const emojiValences = new Map(Object.entries(data.emoji));
const negators = new Set(data.negators);

/** A negation turns a word round when it stands at most this many words before it ("not at all happy"). */
const NEGATION_REACH = 3;
const NEUTRAL_BELOW = 2;
const MAX_MATCHES = 10;

/**
 * AFINN's valences for English words and emoji-emotion's for emoji. Other languages have no lexicon here: only their
 * emoji count, and a text without any is neutral.
 */
export function sentimentOf(
  words: readonly Word[],
  characters: readonly string[],
  language: string,
): Sentiment {
  const matches: string[] = [];
  let score = 0;
  if (language === 'en') {
    words.forEach(({ text }, index) => {
      const valence = valences.get(text);
      if (valence === undefined) return;
      const negated = words
        .slice(Math.max(0, index - NEGATION_REACH), index)
        .some((earlier) => negators.has(earlier.text));
      score += negated ? -valence : valence;
      matches.push(text);
    });
  }
  for (const character of characters) {
    const valence = emojiValences.get(character);
    if (valence === undefined) continue;
    score += valence;
    matches.push(character);
  }
  const label = score >= NEUTRAL_BELOW ? 'positive' : score <= -NEUTRAL_BELOW ? 'negative' : 'neutral';
  return { label, score, matches: matches.slice(0, MAX_MATCHES) };
}
