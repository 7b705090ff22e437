import type { Stage } from './stage';

type Say = (line: string) => void;

const NORMAL = { subject: 'Printer is out of paper', body: 'The printer on the second floor needs paper.' };
const URGENT = { subject: 'VPN is down for everyone', body: 'Nobody can work. Please help, it is urgent!' };
const JAPANESE = {
  subject: 'プリンターが動きません',
  body: '二階のプリンターが今朝から動きません。助けてください。',
};

const QUEUES = ['desk.tickets', 'desk.analysis', 'desk.analysis.dead', 'desk.outbox'];
const URGENT_PRIORITY = 9;

interface Letters {
  readonly items: readonly {
    readonly dead_letter: { readonly reason: string; readonly detail: string | null };
  }[];
}

/** Publishes a ticket; its reporter, whom the notification goes to, names it. */
async function publish(stage: Stage, name: string, text: object, type: string, priority = 0): Promise<void> {
  await stage.gateway.call('POST', '/messages/publish', {
    exchange: 'tickets',
    routing_key: `ticket.created.${type}`,
    message: { id: name, reporter: name, ...text },
    message_id: name,
    priority,
  });
}

async function showQueues(stage: Stage, say: Say): Promise<void> {
  const depths = await Promise.all(
    QUEUES.map(async (queue) => `${queue} ${await stage.gateway.depth(queue)}`),
  );
  say(`    waiting: ${depths.join(' · ')}`);
}

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

/** Waits for the notifications of these tickets, with the queues shown meanwhile. */
async function notified(stage: Stage, expected: readonly string[], say: Say): Promise<void> {
  let shown = Date.now();
  await stage.until(`${expected.length} notifications`, async () => {
    if (Date.now() - shown > 1000) {
      shown = Date.now();
      await showQueues(stage, say);
    }
    return expected.every((name) => stage.notified.includes(name));
  });
}

/** Urgent tickets that come last are answered first. */
export async function urgentOvertakesNormal(stage: Stage, say: Say): Promise<void> {
  say('1  Twenty tickets wait, then three urgent ones come');
  await stage.endWorker('SIGTERM');
  const [normal, urgent] = [names('normal', 20), names('urgent', 3)];
  for (const name of normal) await publish(stage, name, NORMAL, 'hardware');
  for (const name of urgent) await publish(stage, name, URGENT, 'network', URGENT_PRIORITY);
  await showQueues(stage, say);
  await stage.startWorker('desk-of-two-languages');
  await notified(stage, [...normal, ...urgent], say);
  const places = urgent.map((name) => stage.notified.indexOf(name) + 1);
  if (Math.max(...places) > normal.length / 2) throw new Error(`urgent tickets came at ${places.join(', ')}`);
  say(`  ✔ all 23 answered; the urgent ones came at places ${places.join(', ')}`);
}

/** A worker that is killed loses nothing. */
export async function nothingIsLost(stage: Stage, say: Say): Promise<void> {
  say('2  Thirty tickets, and the worker is killed in the middle');
  const tickets = names('survivor', 30);
  for (const name of tickets) await publish(stage, name, NORMAL, 'hardware');
  await stage.until('the first answers', () => stage.notified.includes('survivor-3'));
  await stage.endWorker('SIGKILL');
  const before = tickets.filter((name) => stage.notified.includes(name)).length;
  say(`    killed after ${before} answers`);
  await showQueues(stage, say);
  await stage.startWorker('desk-of-two-languages');
  await notified(stage, tickets, say);
  const answers = stage.notified.filter((name) => name.startsWith('survivor-')).length;
  say(`  ✔ all 30 answered; ${answers - tickets.length} of them twice, as the message came again`);
}

/** A poisoned ticket ends in the dead letters, and is answered after the fix. */
export async function poisonedTicket(stage: Stage, say: Say): Promise<void> {
  say('3  A ticket in a language there is no model for');
  await publish(stage, 'poisoned', JAPANESE, 'hardware');
  await stage.until('the dead letter', async () => (await stage.gateway.depth('desk.analysis.dead')) === 1);
  const letters = await stage.gateway.call<Letters>('GET', '/dead-letters/desk.analysis.dead');
  const { reason, detail } = letters.items[0]?.dead_letter ?? { reason: 'none', detail: null };
  say(`    two retries later it is a dead letter: ${reason}, ${detail}`);
  await showQueues(stage, say);
  await stage.endWorker('SIGTERM');
  await stage.startWorker('desk-of-more-languages');
  say('    the desk with the fix is deployed; replaying');
  await stage.gateway.call('POST', '/dead-letters/desk.analysis.dead/replay?wait=30', {});
  await notified(stage, ['poisoned'], say);
  await showQueues(stage, say);
  say('  ✔ answered');
}
