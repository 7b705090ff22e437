import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, type Question, type Reply } from '../../../support/canvas/question';
import { comparable } from '../../../support/canvas/same-answers';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'canvas');

const lines = (file: string): readonly unknown[] =>
  readFileSync(join(FIXTURES, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

// Answers recorded by scripts/record-canvas.
const questions = lines('questions.jsonl') as readonly (Question & { readonly name: string })[];
const answers = lines('5.7.0.jsonl') as readonly Reply[];

describe('a canvas, beside what Celery 5.7.0 made of the same steps', () => {
  it('has an answer to every question', () => {
    expect(answers).toHaveLength(questions.length);
    expect(answers.filter((answer) => 'error' in answer)).toEqual([]);
  });

  it.each(questions.map((question, index) => ({ ...question, question, theirs: answers[index] as Reply })))(
    '$name ($ask)',
    async ({ question, theirs }) => {
      expect(comparable(await ask(question))).toEqual(comparable(theirs));
    },
  );
});
