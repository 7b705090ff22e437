import { decodeException, encodeException, formatTraceback, PythonError } from '../../../../celery/protocol';

class TicketRejected extends Error {
  override readonly name = 'TicketRejected';
}
const coded = (code: string): Error => Object.assign(new Error('system'), { code });

describe('encodeException', () => {
  test.each([
    ['Error', new Error('no'), 'Exception', 'builtins', ['no']],
    ['TypeError', new TypeError('no'), 'TypeError', 'builtins', ['no']],
    ['RangeError', new RangeError('no'), 'ValueError', 'builtins', ['no']],
    ['SyntaxError', new SyntaxError('no'), 'ValueError', 'builtins', ['no']],
    ['ENOENT', coded('ENOENT'), 'FileNotFoundError', 'builtins', ['system']],
    ['a class of its own', new TicketRejected('no'), 'TicketRejected', 'javascript', ['no']],
    ['an abort', new DOMException('stop', 'AbortError'), 'AbortError', 'javascript', ['stop']],
    [
      'an odd name',
      Object.assign(new Error('no'), { name: 'os.system; rm' }),
      'Exception',
      'builtins',
      ['no'],
    ],
    ['no message', new Error(''), 'Exception', 'builtins', []],
    ['a thrown text', 'thrown', 'Exception', 'builtins', ['thrown']],
    ['a thrown undefined', undefined, 'Exception', 'builtins', [null]],
    [
      'PythonError',
      new PythonError('ValueError', 'builtins', ['bad', 1]),
      'ValueError',
      'builtins',
      ['bad', 1],
    ],
  ])('%s', (_name, error, type, module, args) => {
    expect(encodeException(error)).toEqual({ exc_type: type, exc_message: args, exc_module: module });
  });

  test('inner errors of an AggregateError are told as text', () => {
    const error = new AggregateError([new Error('one'), new Error('two')], 'both');
    expect(encodeException(error).exc_message).toEqual(['both', ['Error: one', 'Error: two']]);
  });

  test('arguments that cannot be written become their repr', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(encodeException(new PythonError('E', 'm', [cycle])).exc_message).toEqual(['[[[[...]]]]']);
  });
});

describe('decodeException', () => {
  test.each([
    [{ exc_type: 'KeyError', exc_message: ['k'], exc_module: 'builtins' }, 'KeyError', 'builtins', 'k'],
    [{ exc_type: 'E', exc_message: ['bad', 1], exc_module: 'm' }, 'E', 'm', "('bad', 1)"],
    [{ exc_type: 'E', exc_message: 'scalar' }, 'E', null, 'scalar'],
    [{ exc_message: 5 }, 'Exception', null, '5'],
    ['text', 'Exception', 'builtins', 'text'],
    [null, 'Exception', 'builtins', ''],
  ])('%p', (value, type, module, message) => {
    expect(decodeException(value)).toMatchObject({ type, module, message });
  });
});

describe('formatTraceback', () => {
  test('is Python’s form: oldest call first, type and message last', () => {
    const text = formatTraceback(new TypeError('boom'));
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('Traceback (most recent call last):');
    expect(lines.at(-1)).toBe('TypeError: boom');
    expect(lines.at(-2)).toMatch(/^ {2}File ".*exception\.test\.ts", line \d+, in /);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('tells the cause first, and stops at a circle of causes', () => {
    const error = new PythonError('Retry', 'celery.exceptions', ['in 1s'], { cause: new Error('first') });
    expect(formatTraceback(error)).toMatch(
      /Exception: first\n\nThe above exception was the direct cause of the following exception:\n\n[\s\S]*\ncelery\.exceptions\.Retry: in 1s\n$/,
    );
    const circle = new Error('circle');
    circle.cause = circle;
    expect(formatTraceback(circle).match(/Exception: circle/g)).toHaveLength(6);
  });

  test('a thrown text has a traceback too', () => {
    expect(formatTraceback('thrown')).toBe('Traceback (most recent call last):\nException: thrown\n');
  });
});
