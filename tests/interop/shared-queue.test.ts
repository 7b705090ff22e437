import { Cleanup } from '../support/cleanup';
import { Ledger } from '../support/ledger';
import { GatewayProcess, startTypeScriptWorker } from '../support/processes';
import { startPythonWorker } from '../support/python';
import { createVhost, type TestVhost } from '../support/vhost';

const TASKS = 1_000;
const AT_ONCE = 50;

describe('a Python and a TypeScript worker on one queue', () => {
  let vhost: TestVhost;
  let gateway: GatewayProcess;
  let ledger: Ledger;
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('shared-queue');
    cleanup.does(() => vhost.drop());
    ledger = await cleanup.stops(Ledger.create());
    const shared = { brokerUrl: vhost.url, env: ledger.env };
    const [started] = await Promise.all([
      cleanup.stops(GatewayProcess.start({ brokerUrl: vhost.url })),
      cleanup.stops(startPythonWorker({ ...shared, name: 'python@here', concurrency: 2 })),
      cleanup.stops(startTypeScriptWorker({ ...shared, name: 'typescript@here' })),
    ]);
    gateway = started;
  });

  afterAll(() => cleanup.run());

  it(`share ${TASKS} tasks: each runs once, on one of them, and all results are read over REST`, async () => {
    const taskIds: string[] = [];
    for (let first = 0; first < TASKS; first += AT_ONCE) {
      const numbers = Array.from({ length: AT_ONCE }, (_, i) => first + i);
      const submit = (number: number) => gateway.submit({ task_name: 'interop.record', args: [number] });
      taskIds.push(...(await Promise.all(numbers.map(submit))));
    }

    for (const [number, taskId] of taskIds.entries()) {
      await expect(gateway.result(taskId, 30)).resolves.toMatchObject({ status: 'SUCCESS', result: number });
    }

    const runs = await ledger.runs();
    expect(runs).toHaveLength(TASKS);
    expect(new Set(runs.map((run) => run.number)).size).toBe(TASKS);
    expect(new Set(runs.map((run) => run.worker))).toEqual(new Set(['python@here', 'typescript@here']));
  });
});
