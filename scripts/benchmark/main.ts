import { Command, InvalidArgumentError, Option } from 'commander';
import { benchCanvas, CANVAS_SUBJECTS } from './canvas';
import { BATCH_SUBJECTS, benchGateway, SINGLE_STEPS } from './gateway';
import { PLANS, type Plan } from './plan';
import { Progress } from './progress';
import { connect } from './raw-broker';
import {
  describeMachine,
  type Figures,
  formatFigures,
  formatTargets,
  type Report,
  saveReport,
} from './report';
import { benchRoundTrip } from './round-trip';
import { BESIDE_FLOWER, SUBMIT_SUBJECTS, Subjects } from './subjects';
import { benchSubmit } from './submit';
import { judge } from './targets';
import { benchWorker } from './worker';
import { benchMemory } from './worker-memory';
import { RATE_ROWS, type RateRowName, WORKER_ROWS, type WorkerRowName } from './worker-rows';
import { createWorkspace } from './workspace';

const PARTS = ['submit', 'worker', 'roundtrip', 'canvas', 'gateway'] as const;
type Part = (typeof PARTS)[number];

interface Options {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly only?: Part;
  readonly rows: readonly WorkerRowName[];
  readonly json?: boolean;
  readonly out: string;
  readonly broker: string;
  readonly control: string;
  readonly ownVhost: boolean;
  readonly redis: string;
  readonly python: string;
}

const env = process.env;

const isRow = (name: string): name is WorkerRowName => WORKER_ROWS.some((row) => row === name);

const readRows = (text: string): readonly WorkerRowName[] =>
  text.split(',').map((name) => {
    if (isRow(name)) return name;
    throw new InvalidArgumentError(`No row "${name}"; there are ${WORKER_ROWS.join(', ')}.`);
  });

const program = new Command('bench')
  .description(
    'Measures the gateway, the worker, the round trip and canvases beside the least that could do the same.',
  )
  .option('--quick', 'a smoke run of some seconds; its figures mean little')
  .option('--full', 'more and longer rounds')
  .addOption(new Option('--only <part>', 'measure one part').choices(PARTS))
  .addOption(
    new Option('--rows <names>', 'rows of the worker part, with commas between')
      .argParser(readRows)
      .default(WORKER_ROWS, WORKER_ROWS.join()),
  )
  .option('--json', 'print the JSON instead of the tables')
  .option('--out <directory>', 'where the JSON is kept', '.data/bench')
  .option('--broker <url>', 'RabbitMQ', env.CELERY_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/')
  .option('--control <command>', 'reaches its node, to make a vhost', env.TEST_RABBITMQCTL ?? 'rabbitmqctl')
  .option('--no-own-vhost', 'work in the vhost of the URL')
  .option('--redis <url>', 'Redis', env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379/9')
  .option('--python <path>', 'interpreter with Celery', env.TEST_PYTHON ?? 'python3');

const isRate = (row: WorkerRowName): row is RateRowName => row !== 'memory';

const MEMORY_STEPS = 3;

const steps = (
  plan: Plan,
  parts: ReadonlySet<Part>,
  rates: readonly RateRowName[],
  memory: boolean,
): number => {
  const submit = plan.connections.length * plan.rounds * SUBMIT_SUBJECTS.length;
  const measured = rates.reduce((count, row) => count + RATE_ROWS[row].subjects.length, 0);
  const roundTrip = (plan.rounds + 1) * 3;
  return (
    (parts.has('submit') ? submit : 0) +
    (parts.has('worker') ? measured * plan.rounds : 0) +
    (memory ? MEMORY_STEPS : 0) +
    (parts.has('roundtrip') ? roundTrip : 0) +
    (parts.has('canvas') ? plan.rounds * CANVAS_SUBJECTS.length : 0) +
    (parts.has('gateway') ? plan.rounds * (BESIDE_FLOWER.length + BATCH_SUBJECTS.length) + SINGLE_STEPS : 0)
  );
};

const main = async (): Promise<void> => {
  const options = program.parse().opts<Options>();
  const plan = PLANS[options.quick ? 'quick' : options.full ? 'full' : 'normal'];
  const parts = new Set<Part>(options.only === undefined ? PARTS : [options.only]);
  const rates = options.rows.filter(isRate);
  const memory = parts.has('worker') && plan.backlog > 0 && options.rows.includes('memory');
  const startedAt = new Date().toISOString();
  const workspace = await createWorkspace({
    url: options.broker,
    controlCommand: options.control,
    ownVhost: options.ownVhost,
  });
  const connection = await connect(workspace.url, { noDelay: true });
  try {
    const subjects = new Subjects({
      brokerUrl: workspace.url,
      redisUrl: options.redis,
      python: options.python,
    });
    const progress = new Progress(steps(plan, parts, rates, memory));
    const { redis: redisUrl, python } = options;
    const bench = { brokerUrl: workspace.url, redisUrl, python, connection, subjects, plan, progress };
    const measurements: readonly [boolean, () => Promise<Figures>][] = [
      [parts.has('submit'), async () => ({ submit: await benchSubmit(bench) })],
      [parts.has('worker') && rates.length > 0, async () => ({ worker: await benchWorker(bench, rates) })],
      [memory, async () => ({ memory: await benchMemory(bench) })],
      [parts.has('roundtrip'), async () => ({ roundTrip: await benchRoundTrip(bench) })],
      [parts.has('canvas'), async () => ({ canvas: await benchCanvas(bench) })],
      [parts.has('gateway'), async () => ({ gateway: await benchGateway(bench) })],
    ];
    let figures: Figures = {};
    for (const [wanted, measure] of measurements) {
      if (!wanted) continue;
      const measured = await measure();
      // At once: the parts to come take minutes, and may fail.
      if (!options.json) process.stdout.write(`\n${formatFigures(measured)}\n\n`);
      figures = { ...figures, ...measured };
    }
    progress.finish();
    const { version } = connection.connection.serverProperties;
    const report: Report = {
      startedAt,
      plan: plan.name,
      machine: describeMachine(version),
      ...figures,
      targets: judge(figures),
    };
    const path = await saveReport(options.out, report);
    process.stdout.write(`${options.json ? JSON.stringify(report) : formatTargets(report.targets)}\n`);
    process.stderr.write(`\nkept in ${path}\n`);
  } finally {
    await connection.close();
    await workspace.drop();
  }
};

main().catch((error: unknown) => {
  process.stderr.write(`\nbench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
