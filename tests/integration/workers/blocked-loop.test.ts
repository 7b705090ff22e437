import { Writable } from 'node:stream';
import { createLogger } from '../../../runtime';
import { defineTask } from '../../../workers';
import { until, WorkerBench } from './worker-bench';

describe('a task that blocks the event loop, over a real broker', () => {
  let bench: WorkerBench;

  beforeAll(async () => {
    bench = await WorkerBench.open('blocked');
  });
  afterAll(() => bench.close());

  test('is named in the log with how long nothing else went on', async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const tasks = [
      defineTask('t.block', { params: ['ms'] }, (_context, { ms }) => {
        const endsAt = Date.now() + Number(ms);
        while (Date.now() < endsAt);
        return 'done';
      }),
    ];
    const logger = createLogger({ level: 'warn', format: 'json', service: 'worker', stream });
    await bench.startWorker(tasks, { logger });
    const id = await bench.submit('t.block', [1800]);
    await bench.result(id, 'SUCCESS');
    const line = await until('the warning', () => lines.find((text) => text.includes('was blocked')));
    const warning = JSON.parse(line) as { readonly blockedMs: number; readonly tasks: readonly string[] };
    expect(warning.blockedMs).toBeGreaterThan(1000);
    expect(warning.tasks).toEqual([id]);
  });
});
