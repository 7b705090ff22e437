import { clientFiles } from '../../../scripts/documentation/client';

/** A name and what it stands for. */
const TYPE = /^export type (\w+) = (\{[\s\S]*?^\});$/gm;

describe('the generated client', () => {
  const files = Object.entries(clientFiles());
  const types = files.flatMap(([path, text]) =>
    [...text.matchAll(TYPE)].map(([, name, type]) => ({ path, name, type })),
  );

  test('tells no type twice, under the same or another name', () => {
    expect(types.length).toBeGreaterThan(80);
    for (const field of ['name', 'type'] as const) {
      const all = types.map((each) => each[field]);
      expect(all.filter((each, at) => all.indexOf(each) !== at)).toEqual([]);
    }
  });

  test('tells what several calls take and answer by name', () => {
    const tasks = Object.fromEntries(files)['client/operations/tasks.ts'] ?? '';
    for (const line of [
      'readonly params: TaskIdParams;',
      'readonly query?: ListTasksQuery;',
      'readonly body: RetryTasksBody;',
      'readonly answer: Answer<200, GetTaskAnswer>;',
    ])
      expect(tasks).toContain(line);
  });

  test('is in files that can be read', () => {
    for (const [, text] of files) expect(text.split('\n').length).toBeLessThan(320);
  });
});
