import { keywordsOf } from './keywords';
import { type Language, languageOf } from './language';
import { type Sentiment, sentimentOf } from './sentiment';
import { normalized, wordsOf } from './words';

/** What `ai.analyze` answers. */
export interface TextAnalysis {
  readonly language: Language;
  readonly sentiment: Sentiment;
  readonly keywords: readonly string[];
  /** How many words were looked at. */
  readonly words: number;
}

/** Language, sentiment and keywords of a text; pure, and equal to `analyse` in workers/python/analysis.py. */
export function analyseText(text: string): TextAnalysis {
  const words = wordsOf(text);
  const language = languageOf(words);
  return {
    language,
    sentiment: sentimentOf(words, normalized(text), language.code),
    keywords: keywordsOf(words, language.code),
    words: words.length,
  };
}

export { wordsOf } from './words';
