import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The built one, in a Node of its own: jest finds modules in its own way. */
const LOADER = join(__dirname, '..', '..', '..', 'dist', 'workers', 'task-modules.js');
const SCRIPT = `require(${JSON.stringify(LOADER)}).loadTaskModules(process.argv.slice(1)).then(
  (tasks) => console.log(JSON.stringify(tasks.map(({ name }) => name))),
  (error) => { console.error(String(error)); process.exit(1); },
);`;

/** A module with one task, as far as loading goes. */
const moduleWith = (name: string): string =>
  `exports.task = { name: '${name}', invoke() {} }; exports.list = [exports.task];`;

describe('loadTaskModules', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'task-modules-'));
    const packaged = join(folder, 'node_modules', 'some-tasks');
    await Promise.all([mkdir(join(folder, 'tasks')), mkdir(packaged, { recursive: true })]);
    await Promise.all([
      writeFile(join(folder, 'tasks', 'a.js'), moduleWith('folder.a')),
      writeFile(join(folder, 'tasks', 'b.cjs'), moduleWith('folder.b')),
      writeFile(join(folder, 'tasks', 'notes.txt'), 'no module'),
      writeFile(join(folder, 'empty.js'), 'exports.nothing = 1;'),
      writeFile(join(folder, 'slip.mjs'), 'export const x = ;'),
      writeFile(join(folder, 'broken.js'), "require('not-installed-anywhere');"),
      writeFile(join(packaged, 'package.json'), '{"name":"some-tasks","main":"lib.js"}'),
      writeFile(join(packaged, 'lib.js'), moduleWith('package.task')),
    ]);
  });

  afterAll(() => rm(folder, { recursive: true }));

  const names = async (...modules: string[]): Promise<unknown> => {
    const run = promisify(execFile)(process.execPath, ['-e', SCRIPT, ...modules], { cwd: folder });
    return JSON.parse((await run).stdout);
  };

  it.each([
    ['a file', 'tasks/a.js', ['folder.a']],
    ['the modules of a folder and nothing else in it', './tasks', ['folder.a', 'folder.b']],
    ['a package of the folder the worker is started in', 'some-tasks', ['package.task']],
  ])('loads %s, each task once', async (_what, module, expected) => {
    await expect(names(module)).resolves.toEqual(expected);
  });

  it('takes several names, with a task once that comes twice', async () => {
    await expect(names('tasks', 'tasks/a.js', 'some-tasks')).resolves.toEqual([
      'folder.a',
      'folder.b',
      'package.task',
    ]);
  });

  it.each([
    ['no-such-package', 'task module no-such-package is not there: no file, folder or package of that name'],
    ['./no/such.js', 'task module ./no/such.js is not there: no file, folder or package of that name'],
    ['empty.js', 'task module empty.js exports no task'],
  ])('refuses %s by name', async (module, message) => {
    await expect(names(module)).rejects.toThrow(message);
  });

  it('tells what a module that is there lacks itself', async () => {
    await expect(names('broken.js')).rejects.toThrow(/not-installed-anywhere/);
    // Node's own message and stack of this one name no file.
    await expect(names('slip.mjs')).rejects.toThrow(
      /slip\.mjs cannot be loaded: SyntaxError: Unexpected token/,
    );
  });
});
