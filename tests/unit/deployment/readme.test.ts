import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tasks from '../../../workers/tasks';
import { REPOSITORY, readText } from './docker-files';

const readme = readText('README.md');

describe('README.md', () => {
  test('opens with five lines, a picture and the two commands', () => {
    const opening = readme.split('\n').slice(0, 25);
    expect(opening.slice(2, 7).every((line) => line !== '')).toBe(true);
    expect(opening.filter((line) => /^\.\/scripts\/(up|test) /.test(line))).toHaveLength(2);
  });

  test.each(['scripts/up', 'scripts/down', 'scripts/test', '.ci/run'])('%s can be run', (path) => {
    expect(() => accessSync(join(REPOSITORY, path), constants.X_OK)).not.toThrow();
  });

  test.each(['README.md', 'CONTRIBUTING.md'])('every link of %s leads somewhere', (page) => {
    const links = [...readText(page).matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
    const missing = links.filter((link) => !link.startsWith('http') && !existsSync(join(REPOSITORY, link)));
    expect(missing).toEqual([]);
  });

  test('lists the tasks that the worker serves, and no other', () => {
    const listed = [...readme.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map((match) => match[1]);
    expect(new Set(listed)).toEqual(new Set(Object.values(tasks).map((task) => task.name)));
  });

  test('CI runs the command it names', () => {
    expect(readText('.ci/run')).toContain('exec ./scripts/test');
  });
});
