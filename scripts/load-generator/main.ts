import { Command, InvalidArgumentError } from 'commander';
import { runLoad } from './load';
import { table } from './tally';

const DEFAULT_DURATION_MS = 10_000;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000 };

function duration(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,5})([sm]?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Seconds or minutes: 30s, 5m.');
  return Number(count) * (UNITS[unit === '' ? 's' : unit] ?? 1000);
}

const count =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`A whole number from ${least} on.`);
  };

function json(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('A JSON array, such as [2,3].');
}

function address(text: string): URL {
  if (!URL.canParse(text)) throw new InvalidArgumentError('A URL, such as http://127.0.0.1:8000.');
  return new URL(text);
}

interface Options {
  readonly url: URL;
  readonly key?: string;
  readonly rate: number;
  readonly duration?: number;
  readonly connections: number;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly queue?: string;
  readonly json?: boolean;
}

async function main(options: Options): Promise<void> {
  const key = options.key ?? process.env.GATEWAY_KEY;
  if (key === undefined) {
    process.stderr.write('loadgen: an API key is needed: GATEWAY_KEY or --key\n');
    process.exitCode = 2;
    return;
  }
  const report = await runLoad({
    url: options.url,
    key,
    connections: options.connections,
    rate: options.rate,
    durationMs: options.duration ?? DEFAULT_DURATION_MS,
    task: { name: options.task, args: options.args, queue: options.queue },
  });
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : table(report)}\n`);
  process.exitCode = report.accepted > 0 ? 0 : 1;
}

void new Command('loadgen')
  .description(
    'Submits tasks to a running gateway and tells how fast it accepts them and what it refuses. The tasks are real: give a queue that nobody minds.',
  )
  .option('--url <url>', 'the gateway', address, new URL('http://127.0.0.1:8000'))
  .option('--key <key>', 'API key with tasks:submit; better in GATEWAY_KEY, where others do not see it')
  .option(
    '--rate <n>',
    'submissions a second over all connections; 0 is as fast as answers come',
    count(0),
    0,
  )
  .option('--duration <time>', '30s, 5m; 10s when left out', duration)
  .option('--connections <n>', 'connections, each with one submission at a time', count(1), 16)
  .option('--task <name>', 'task', 'tasks.add')
  .option('--args <json>', 'its arguments', json, [2, 3])
  .option('--queue <name>', 'queue; where the gateway routes it when left out')
  .option('--json', 'one JSON document instead of a table')
  .addHelpText(
    'after',
    '\nExit status: 0 when something was accepted, 1 when nothing was, 2 for wrong options.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main)
  .parseAsync();
