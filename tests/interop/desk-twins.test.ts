import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel } from 'amqplib';
import { connect } from '../../amqp/amqplib';
import { createWorker } from '../../workers';
import { serviceDesk } from '../../workers/tasks/desk/service-desk';
import { TestProcess } from '../support/child-process';
import { Cleanup } from '../support/cleanup';
import { python, REPOSITORY } from '../support/python';
import { until } from '../support/until';
import { createVhost } from '../support/vhost';

const WAIT_MS = 120_000;
const FIXTURES = join(REPOSITORY, 'tests', 'fixtures', 'tickets');
const TICKETS = readdirSync(FIXTURES).map((name) => {
  const { ticket } = JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as { ticket: unknown };
  return { name, ticket };
});
const ENDS = ['desk.mail', 'desk.tickets.dead', 'desk.analysis.dead'] as const;
const LANGUAGES = ['en', 'de'];
const UNREADABLE = '"{';

interface Seen {
  readonly id: unknown;
  readonly key: string;
  readonly priority: unknown;
  readonly body: unknown;
  readonly marks: Readonly<Record<string, unknown>>;
}

type Language = 'python' | 'typescript';
type StartDesk = (broker: string) => Promise<{ stop(): Promise<unknown> }>;

const DESKS: Readonly<Record<Language, StartDesk>> = {
  typescript: async (broker) => {
    const subscribers = serviceDesk({ languages: LANGUAGES, mailQueue: 'desk.mail' });
    const worker = createWorker({ broker, queues: ['desk.other'], tasks: [], subscribers, mingle: false });
    await worker.start();
    return worker;
  },
  python: (broker) =>
    TestProcess.start({
      command: python(),
      args: ['desk.py'],
      cwd: join(REPOSITORY, 'workers', 'python'),
      env: {
        CELERY_BROKER_URL: broker,
        DESK_LANGUAGES: LANGUAGES.join(),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      readyWhen: /ready\./,
    }),
};

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** All that a queue holds, in an order that does not depend on who was quicker. */
async function contents(channel: Channel, queue: string): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  for (;;) {
    const message = await channel.get(queue, { noAck: true });
    if (message === false) break;
    const { messageId, priority, headers = {} } = message.properties;
    const own = Object.entries(headers).filter(
      ([name]) => name.startsWith('x-celery-gateway-') && name !== 'x-celery-gateway-dead-at',
    );
    const text = message.content.toString();
    const body: unknown = text === UNREADABLE ? text : JSON.parse(text);
    // Each language has its own words for what is no JSON.
    if (text === UNREADABLE) own.splice(0, own.length, ...own.filter(([name]) => !name.endsWith('detail')));
    // Of a task only its name and arguments: its id and its sender are its own.
    const [args] = Array.isArray(body) ? (body as unknown[]) : [];
    all.push({
      id: headers.task === undefined ? messageId : headers.task,
      key: message.fields.routingKey,
      priority,
      body: headers.task === undefined ? body : args,
      marks: Object.fromEntries(own),
    });
  }
  const order = (seen: Seen): string => JSON.stringify([seen.id, seen.body]);
  return all.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** What a desk makes of all tickets: what it tells the next stage, and where each ticket ends. */
async function runOf(language: Language): Promise<Readonly<Record<string, readonly Seen[]>>> {
  const vhost = await createVhost(`desk-${language}`);
  cleanup.does(() => vhost.drop());
  const connection = await connect(vhost.url);
  cleanup.does(() => connection.close());
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('desk.mail');
  const desk = await DESKS[language](vhost.url);
  cleanup.does(() => desk.stop());
  await channel.assertQueue('tap');
  await channel.assertExchange('ai_processing', 'topic');
  await channel.bindQueue('tap', 'ai_processing', '#');
  for (const [index, { name, ticket }] of TICKETS.entries()) {
    const properties = { contentType: 'application/json', messageId: name, priority: index % 3 };
    channel.publish('tickets', 'ticket.created.any', Buffer.from(JSON.stringify(ticket)), properties);
  }
  channel.publish('tickets', 'ticket.created.any', Buffer.from(UNREADABLE), {
    contentType: 'application/json',
    messageId: 'unreadable',
  });
  await channel.waitForConfirms();
  const ended = async (): Promise<number> => {
    const counts = await Promise.all(
      ENDS.map(async (queue) => (await channel.checkQueue(queue)).messageCount),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  };
  await until(async () => (await ended()) === TICKETS.length + 1, {
    timeoutMs: WAIT_MS,
    what: 'the end of each ticket',
  });
  const seen: Record<string, readonly Seen[]> = {};
  for (const queue of ['tap', 'desk.mail', 'desk.analysis.dead', 'desk.tickets.dead'])
    seen[queue] = await contents(channel, queue);
  return seen;
}

test(
  'both languages triage, analyse and give up the same tickets, in the same words',
  async () => {
    const [ofPython, ofTypeScript] = await Promise.all([runOf('python'), runOf('typescript')]);

    expect(ofPython).toEqual(ofTypeScript);
    expect(ofPython['desk.mail']?.length).toBeGreaterThan(5);
    expect(ofPython.tap?.map(({ priority }) => priority)).toContain(9);
    const japanese = ofPython['desk.analysis.dead']?.find(({ id }) => id === '19-japanese-printer.json');
    expect(japanese?.marks).toEqual({
      'x-celery-gateway-reason': 'handler_failed',
      'x-celery-gateway-detail': "Exception('no model for the language ja')",
      'x-celery-gateway-queue': 'desk.analysis',
      'x-celery-gateway-exchange': 'ai_processing',
      'x-celery-gateway-routing-key': 'ai.hardware',
    });
  },
  WAIT_MS,
);
