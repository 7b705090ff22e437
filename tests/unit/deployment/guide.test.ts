import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GUIDE = join(__dirname, '../../../docs/guide');
const PAGES = readdirSync(GUIDE).filter((file) => file.endsWith('.md'));
const EXAMPLES = readdirSync(join(GUIDE, 'examples')).filter((file) => /\.(ts|py)$/.test(file));

/** Blocks of code in a page, each with the example it says it is. */
const blocksOf = (
  page: string,
): readonly { readonly example: string | undefined; readonly code: string }[] => {
  const text = readFileSync(join(GUIDE, page), 'utf8');
  const blocks = text.matchAll(/(?:\[[^\]]+\]\(examples\/([^)]+)\)\n\n)?```(?:ts|python)\n(.*?)```/gs);
  return [...blocks].map(([, example, code = '']) => ({ example, code }));
};

const blocks = PAGES.flatMap(blocksOf);

test('every block of code in the guide is one of the tested examples, and none of those is missing', () => {
  expect(blocks.map(({ example }) => example).sort()).toEqual([...EXAMPLES].sort());
});

test.each(blocks)('the guide shows $example as it is', ({ example = '', code }) => {
  expect(code).toBe(readFileSync(join(GUIDE, 'examples', example), 'utf8'));
});

test.each(PAGES)('the links of %s lead somewhere', (page) => {
  const text = readFileSync(join(GUIDE, page), 'utf8');
  const targets = [...text.matchAll(/\]\(((?!https?:)[^)#]+)/g)].map(([, target = '']) => target);
  for (const target of targets) expect(() => readdirOrFile(join(GUIDE, target))).not.toThrow();
});

const readdirOrFile = (path: string): unknown => {
  try {
    return readFileSync(path);
  } catch {
    return readdirSync(path);
  }
};
