import { WorkerBench } from '../integration/workers/worker-bench';
import { Cleanup } from '../support/cleanup';
import { startPythonWorker } from '../support/python';

describe("a TypeScript client's headers, as a Python worker reads them", () => {
  it('run with integers above one byte, and without a reconnect', async () => {
    const cleanup = new Cleanup();
    try {
      const bench = await WorkerBench.open('headers');
      cleanup.does(() => bench.close());
      const worker = await cleanup.stops(
        startPythonWorker({ brokerUrl: bench.vhost.url, name: 'python@here' }),
      );
      // What amqplib writes by itself for 128 and 200 is what py-amqp misreads; it ends the connection.
      const limits = { timeLimitSeconds: 300, softTimeLimitSeconds: 200 };
      const sent = await Promise.all(
        [127, 128, 255, 256, 40_000].map((groupIndex) =>
          bench.submit('interop.echo', [groupIndex], { ...limits, groupIndex, headers: { own: groupIndex } }),
        ),
      );
      const results = await Promise.all(sent.map((id) => bench.result(id, 'SUCCESS')));

      expect(results.map(({ result }) => result)).toEqual([127, 128, 255, 256, 40_000]);
      expect(worker.output).not.toMatch(/connection.*lost|Traceback|Trying again|UNEXPECTED|Unrecoverable/i);
    } finally {
      await cleanup.run();
    }
  });
});
