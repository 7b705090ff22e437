import { pythonRepr, pythonReprArgs } from '../../../../celery/protocol';
import { loadRecording, newestVersion, type ReprCase, recordedVersions } from './recordings';

const asArgs = ({ value, limit }: ReprCase): string =>
  Array.isArray(value) ? pythonReprArgs(value, limit) : pythonRepr(value, limit);

describe('pythonRepr beside celery.utils.saferepr', () => {
  test('every recorded value of the newest Celery has the same repr, cut or whole', () => {
    const cases = loadRecording<ReprCase[]>(newestVersion, 'saferepr');
    expect(cases.length).toBeGreaterThan(600);
    const differing = cases.filter(
      (each) => asArgs(each) !== each.args || pythonRepr(each.value, each.limit) !== each.repr,
    );
    expect(differing.map((each) => ({ ...each, ours: asArgs(each) })).slice(0, 3)).toEqual([]);
  });

  test.each(recordedVersions)('what is not cut is the same in Celery %s', (version) => {
    const cases = loadRecording<ReprCase[]>(version, 'saferepr').filter(
      (each) => each.repr.length < each.limit,
    );
    expect(cases.length).toBeGreaterThan(300);
    expect(cases.filter((each) => pythonRepr(each.value, each.limit) !== each.repr).slice(0, 3)).toEqual([]);
  });

  test('numbers show as Python has them after JSON', () => {
    expect(pythonRepr([1e21, 1e-7, -0, Number.NaN, Number.NEGATIVE_INFINITY, 2n ** 70n])).toBe(
      '[1e+21, 1e-07, 0, nan, -inf, 1180591620717411303424]',
    );
  });

  test('a cycle ends in dots', () => {
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    expect(pythonRepr(cycle)).toBe('[1, [1, [1, [...]]]]');
  });

  test('a million items cost no more than what is shown', () => {
    expect(pythonRepr(new Array(1_000_000).fill(1), 20)).toBe('[1, 1, 1, 1, 1, 1, 1..., ...]');
  });
});
