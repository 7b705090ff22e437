import { bindArguments, compileParameters, type Parameter } from '../../../../workers/registry';
import recorded from '../../../fixtures/wire/python-calls/binding.json';

interface RecordedCall {
  readonly f: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly bound?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

const parameters = recorded.parameters as unknown as Record<string, readonly Parameter[]>;
const calls = recorded.calls as unknown as readonly RecordedCall[];

const bind = (call: RecordedCall): Record<string, unknown> =>
  bindArguments(call.f, compileParameters(call.f, parameters[call.f] ?? []), call.args, call.kwargs);

describe('bindArguments, beside what CPython answered to the same calls', () => {
  test('accepts the calls Python accepted and gives the same values to the same names', () => {
    const accepted = calls.filter((call) => call.bound !== undefined);
    expect(accepted.length).toBeGreaterThan(100);
    for (const call of accepted) {
      expect({ ...call, bound: JSON.parse(JSON.stringify(bind(call))) }).toEqual(call);
    }
  });

  test('refuses the calls Python refused, with the same text', () => {
    const refused = calls.filter((call) => call.error !== undefined);
    expect(refused.length).toBeGreaterThan(500);
    for (const call of refused) {
      expect(() => bind(call)).toThrow(new TypeError(call.error));
    }
  });

  test('keeps __proto__ as an ordinary key of the keyword rest', () => {
    const compiled = compileParameters('t', ['**options']);
    const bound = bindArguments('t', compiled, [], JSON.parse('{"__proto__": {"admin": true}}'));
    const options = bound.options as Record<string, unknown>;
    expect(Object.keys(options)).toEqual(['__proto__']);
    expect(options.admin).toBeUndefined();
  });
});

describe('compileParameters', () => {
  test.each([
    [['x', 'x'], `duplicate parameter 'x'`],
    [[{ name: 'x', default: 1 }, 'y'], `'y' without a default follows one with a default`],
    [['**options', 'x'], `nothing may follow '**options'`],
    [['*', '*rest'], `only one '*' is allowed`],
    [['__proto__'], `'__proto__' is not a parameter name`],
    [['a b'], `'a b' is not a parameter name`],
  ] as const)('refuses %j as Python refuses such a def line', (list, why) => {
    expect(() => compileParameters('t', list)).toThrow(`task t: ${why}`);
  });
});
