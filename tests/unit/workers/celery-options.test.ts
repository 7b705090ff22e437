import { withAdvice } from '../../../workers/celery-options';
import { workerCommand } from '../../../workers/command-line';

test.each([
  ["error: unknown option '-A'\n", "error: unknown option '-A': task modules are named with --tasks\n"],
  ["error: unknown option '--pidfile=/run/x'\n", /systemd/],
  ["error: unknown option '--bogus'\n", "error: unknown option '--bogus'\n"],
  ["error: unknown option '--toString'\n", "error: unknown option '--toString'\n"],
  ['error: too many arguments. Expected 0 arguments but got 1.\n', /no subcommand/],
])('%s', (complaint, advised) => {
  if (typeof advised === 'string') expect(withAdvice(complaint)).toBe(advised);
  else expect(withAdvice(complaint)).toMatch(advised);
});

test('the command line gives the advice', () => {
  const said: string[] = [];
  const command = workerCommand('0').exitOverride();
  command.configureOutput({ writeErr: (text) => void said.push(text) });
  expect(() => command.parse(['node', 'worker', '-A', 'proj'])).toThrow();
  expect(said.join('')).toContain('--tasks');
});
