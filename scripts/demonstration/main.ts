import { nothingIsLost, poisonedTicket, urgentOvertakesNormal } from './acts';
import { Stage } from './stage';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { CELERY_BROKER_URL: brokerUrl = 'amqp://guest:guest@127.0.0.1:5672/', DEMO_PYTHON: python } =
    process.env;
  say('The service desk: tickets → triage → ai_processing → analysis → notifications');
  const stage = await Stage.build({ brokerUrl, python: python === '' ? undefined : python, say });
  process.once('SIGINT', () => void stage.end().then(() => process.exit(130)));
  try {
    say(`  ✔ gateway, worker${python ? ' and Python worker, which sends the notifications,' : ''} are up`);
    for (const act of [urgentOvertakesNormal, nothingIsLost, poisonedTicket]) await act(stage, say);
    say('Done.');
  } finally {
    await stage.end();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
