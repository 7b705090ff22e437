import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Finding, finding, words } from './finding';

const CHECK = 'consumer_timeout';
const run = promisify(execFile);
const DEADLINE_MS = 20_000;
/** A task is acknowledged some time after it was due. */
const MARGIN_MS = 60_000;

/** @param heldSeconds how far ahead of its ETA a worker may hold a task without acknowledging it */
export function judgeConsumerTimeout(answer: string, heldSeconds: number): Finding {
  const ms = Number(/\{ok,\s*(\d+)\}/.exec(answer)?.[1] ?? Number.NaN);
  if (Number.isNaN(ms)) return finding(CHECK, 'ok', 'none: the broker waits for acknowledgements for ever');
  const minutes = `${Math.round(ms / 6000) / 10} min`;
  if (ms < heldSeconds * 1000 + MARGIN_MS) {
    const fix = `Raise consumer_timeout, or lower CELERY_WORKER_ETA_PARK_AFTER (${heldSeconds} s): the broker closes the channel of who holds a message longer.`;
    return finding(CHECK, 'problem', minutes, fix);
  }
  return finding(
    CHECK,
    'ok',
    `${minutes}: late-acknowledged tasks, and ETAs that Python workers hold, must be shorter`,
  );
}

/** The broker tells it to its administrator only, so this needs a way to run rabbitmqctl. */
export async function checkConsumerTimeout(
  command: string | undefined,
  heldSeconds: number,
): Promise<Finding> {
  const question = 'application:get_env(rabbit, consumer_timeout).';
  if (command === undefined) {
    const fix = `Give --rabbitmqctl "rabbitmqctl", or ask on the broker: rabbitmqctl eval '${question}'`;
    return finding(CHECK, 'skipped', 'AMQP does not tell it', fix);
  }
  const [program = 'rabbitmqctl', ...prefix] = command.split(' ');
  try {
    const { stdout } = await run(program, [...prefix, '-q', 'eval', question], { timeout: DEADLINE_MS });
    return judgeConsumerTimeout(stdout, heldSeconds);
  } catch (error) {
    return finding(CHECK, 'skipped', words(error).split('\n')[0] ?? '', 'Check --rabbitmqctl.');
  }
}
