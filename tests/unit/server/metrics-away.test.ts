import { MetricsRegistry, QueueWatch } from '../../../server/metrics';

test('while its broker is away nothing of a scrape waits for it', async () => {
  let asked = 0;
  const ask = async (): Promise<never> => {
    asked += 1;
    throw new Error('asked');
  };
  let connected = false;
  const watch = new QueueWatch({
    topology: { queueStatus: ask },
    control: { broadcast: ask },
    queueNames: () => ['celery'],
    clock: { monotonic: () => 0 },
    maxQueues: 10,
    inspectIntervalMs: 1000,
    connected: () => connected,
  });
  await expect(watch.queues()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  expect(asked).toBe(0);
  connected = true;
  await expect(watch.queues()).rejects.toThrow('asked');
});

test('metrics of several brokers are told under one name, each with its label, and none is added to another', async () => {
  const of = (labels: Readonly<Record<string, string>>, value: number): MetricsRegistry => {
    const registry = new MetricsRegistry(labels);
    const counter = registry.counter({ name: 'tasks_total', help: 'Tasks.', labels: ['name'] });
    counter.inc({ name: 'add' }, value);
    const histogram = registry.histogram({
      name: 'runtime',
      help: 'Seconds.',
      labels: ['name'],
      buckets: [1, 2],
    });
    histogram.observe({ name: 'add' }, value);
    registry.gauge({ name: 'open', help: 'Open.', collect: () => [{ labels: {}, value }] });
    return registry;
  };
  const first = of({}, 1);
  const alone = await first.text();
  const lines = (await first.text([of({ broker: 'eu' }, 2)])).split('\n');
  for (const line of alone.split('\n')) expect(lines).toContain(line);
  expect(lines).toEqual(
    expect.arrayContaining([
      'tasks_total{name="add",broker="eu"} 2',
      'open{broker="eu"} 2',
      'runtime_bucket{le="1",name="add",broker="eu"} 0',
      'runtime_bucket{le="2",name="add",broker="eu"} 1',
      'runtime_sum{name="add",broker="eu"} 2',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('# TYPE tasks_total'))).toHaveLength(1);
});
