import { NullResults, resultBackendKind } from '../../../../celery/results';

describe('resultBackendKind', () => {
  it.each([
    ['rpc://', 'rpc'],
    ['redis://h:6379/1', 'redis'],
    ['rediss://h/0', 'redis'],
    ['disabled://', 'disabled'],
    ['db+sqlite:///x', undefined],
  ])('reads %s as %s', (url, kind) => {
    expect(resultBackendKind(url)).toBe(kind);
  });
});

describe('NullResults', () => {
  it('knows nothing and lets nobody wait', async () => {
    const results = new NullResults();
    expect(await results.getTaskMeta()).toBeNull();
    expect(await results.waitForResult('a', { timeoutMs: 60_000 })).toBeNull();
  });
});
