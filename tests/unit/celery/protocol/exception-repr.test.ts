import { exceptionRepr, PythonError } from '../../../../celery/protocol';

const of = (...args: readonly unknown[]): string =>
  exceptionRepr(new PythonError('ValueError', 'builtins', args));

describe('exceptionRepr', () => {
  test.each([
    [of(), 'ValueError()'],
    [of('bad'), "ValueError('bad')"],
    [of('bad', 1), "ValueError('bad', 1)"],
    [of("can't"), `ValueError("can't")`],
    [of(`can't "say"`), `ValueError('can\\'t "say"')`],
    [of('a\nb\\c\u0007'), "ValueError('a\\nb\\\\c\\x07')"],
    [of('\u2028'), "ValueError('\\u2028')"],
    [of('grün 🎉'), "ValueError('grün 🎉')"],
    [of(null, true, [1]), 'ValueError(None, True, [1])'],
    [exceptionRepr(new TypeError('no')), "TypeError('no')"],
  ])('%s', (text, expected) => expect(text).toBe(expected));
});
