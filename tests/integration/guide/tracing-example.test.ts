import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { sendSpansTo, tracedWorker } from '../../../docs/guide/examples/tracing';
import { CelerySession } from '../../support/celery-session';
import { Cleanup } from '../../support/cleanup';
import { createVhost } from '../../support/vhost';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

test('the example of traces: a span of the task, and under it that of its code', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = sendSpansTo(exporter);
  const vhost = await createVhost('guide-traces');
  cleanup.does(() => vhost.drop());
  const session = await cleanup.stops(CelerySession.open(vhost.url));
  const worker = tracedWorker(vhost.url);
  cleanup.does(() => worker.stop());
  await worker.start();
  const taskId = await session.submit('guide.price', ['lamp'], { queue: 'guide.prices' });
  expect((await session.result(taskId)).result).toBe(9.99);
  await provider.forceFlush();
  const [inner, run] = exporter.getFinishedSpans();
  expect([inner?.name, run?.name]).toEqual(['look up', 'process guide.prices']);
  expect(inner?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
});
