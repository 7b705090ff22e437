import { Command } from 'commander';
import { examine } from './examination';
import type { Finding, FindingState } from './finding';

const MARKS: Readonly<Record<FindingState, string>> = { ok: '✔', warning: '!', problem: '✖', skipped: '-' };

function lines({ check, state, detail, fix }: Finding): string {
  const first = `${MARKS[state]} ${check}: ${detail}`;
  return fix === undefined || state === 'ok' ? first : `${first}\n    ${fix}`;
}

function settings(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile('.env');
  } catch {
    // No such file: the environment alone decides.
  }
  return process.env;
}

interface Options {
  readonly json?: boolean;
  readonly rabbitmqctl?: string;
}

async function main({ json, rabbitmqctl }: Options): Promise<void> {
  const findings = await examine(settings(), rabbitmqctl);
  const count = (state: FindingState): number => findings.filter((one) => one.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const text = json
    ? JSON.stringify({ problems, warnings, findings }, null, 2)
    : [...findings.map(lines), `${problems} problem(s), ${warnings} warning(s)`].join('\n');
  process.stdout.write(`${text}\n`);
  process.exitCode = problems > 0 ? 1 : 0;
}

void new Command('doctor')
  .description(
    'Looks at what the gateway needs, by the settings it would start with (environment and .env), and says what to mend. It declares and deletes queues named celery-gateway.doctor.*; nothing else is changed.',
  )
  .option('--json', 'one JSON document instead of lines')
  .option('--rabbitmqctl <command>', 'how to run rabbitmqctl, for what only an administrator is told')
  .addHelpText(
    'after',
    '\nExit status: 0 without problems, 1 with one (warnings do not count), 2 for wrong options.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(main)
  .parseAsync();
