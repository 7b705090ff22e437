import { ReplyCollector } from '../../../../celery/control/reply-collector';

const LONG_MS = 60_000;

describe('ReplyCollector', () => {
  it('ends with the last of the nodes addressed', async () => {
    const collector = new ReplyCollector({ expected: ['a', 'b'], open: false, timeoutMs: LONG_MS });
    collector.add({ node: 'a', value: 1 });
    collector.add({ node: 'b', value: 2 });
    expect(await collector.done).toEqual({ replies: { a: 1, b: 2 }, missing: [] });
  });

  it('gives unknown nodes a moment more when all known ones have answered', async () => {
    const collector = new ReplyCollector({ expected: ['a'], open: true, timeoutMs: LONG_MS });
    collector.add({ node: 'a', value: 1 });
    collector.add({ node: 'new', value: 2 });
    expect(await collector.done).toEqual({ replies: { a: 1, new: 2 }, missing: [] });
  });

  it('waits for the deadline where nobody is known, and names nobody', async () => {
    const collector = new ReplyCollector({ expected: [], open: true, timeoutMs: 20 });
    collector.add({ node: 'new', value: 2 });
    expect(await collector.done).toEqual({ replies: { new: 2 }, missing: [] });
  });

  it('names those who were silent', async () => {
    const collector = new ReplyCollector({ expected: ['a', 'b'], open: true, timeoutMs: 10 });
    collector.add({ node: 'b', value: 2 });
    expect(await collector.done).toEqual({ replies: { b: 2 }, missing: ['a'] });
  });

  it('ends with what is there when told to', async () => {
    const collector = new ReplyCollector({ expected: ['a'], open: false, timeoutMs: LONG_MS });
    collector.finish();
    expect(await collector.done).toEqual({ replies: {}, missing: ['a'] });
  });
});
