import { join } from 'node:path';
import { connect } from 'amqplib';
import { Cleanup } from '../support/cleanup';
import { startTypeScriptWorker } from '../support/processes';
import { type PythonApp, runPython, startPythonWorker } from '../support/python';
import { until } from '../support/until';
import { createVhost, type TestVhost } from '../support/vhost';

const TICKETS = join(__dirname, '..', 'fixtures', 'tickets');

/** For each ticket fixture: what it says the answer is, and what each worker answered. */
interface Comparison {
  readonly name: string;
  readonly verdict: unknown;
  readonly answers: Readonly<Record<'python' | 'typescript', { verdict: unknown; analysis: unknown }>>;
}

const RUN_ALL = `
import pathlib
QUEUES = ('python', 'typescript')

def text_of(ticket):
    fields = ticket if isinstance(ticket, dict) else {}
    return ' '.join(str(fields.get(key) or '') for key in ('subject', 'body'))

sent = []
for path in sorted(pathlib.Path(${JSON.stringify(TICKETS)}).glob('*.json')):
    fixture = json.loads(path.read_text(encoding='utf-8'))
    calls = {queue: {
        'verdict': app.send_task('tickets.process', (fixture['ticket'],), queue=queue),
        'analysis': app.send_task('ai.analyze', (text_of(fixture['ticket']),), queue=queue),
    } for queue in QUEUES}
    sent.append((path.name, fixture['verdict'], calls))
answer([
    {'name': name, 'verdict': verdict, 'answers': {
        queue: {what: result.get(timeout=30) for what, result in results.items()} for queue, results in calls.items()}}
    for name, verdict, calls in sent
])
`;

describe('the service desk tasks', () => {
  let vhost: TestVhost;
  let app: PythonApp;
  const published: { key: string; messageId: unknown; body: Record<string, unknown> }[] = [];
  const cleanup = new Cleanup();

  beforeAll(async () => {
    vhost = await createVhost('service-desk');
    cleanup.does(() => vhost.drop());
    app = { brokerUrl: vhost.url, app: 'app', folder: 'workers/python' };
    const connection = await connect(vhost.url);
    cleanup.does(() => connection.close());
    await Promise.all([
      cleanup.stops(startPythonWorker({ ...app, queues: ['python'] })),
      cleanup.stops(startTypeScriptWorker({ ...app, queues: ['typescript'], tasks: 'own' })),
    ]);
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const [exchange, type] of [
      ['tickets', 'topic'],
      ['notifications', 'topic'],
    ] as const) {
      await channel.assertExchange(exchange, type, { durable: true });
      await channel.bindQueue(queue, exchange, '#');
    }
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return;
        const body = JSON.parse(message.content.toString()) as Record<string, unknown>;
        published.push({ key: message.fields.routingKey, messageId: message.properties.messageId, body });
      },
      { noAck: true },
    );
  });

  afterAll(() => cleanup.run());

  it('give the same verdict and analysis for each ticket in both languages, and the one the fixture names', async () => {
    published.length = 0;

    const comparisons = await runPython<Comparison[]>(app, RUN_ALL);

    expect(comparisons.length).toBeGreaterThan(30);
    for (const { name, verdict, answers } of comparisons) {
      expect({ name, ...answers.typescript }).toEqual({ name, ...answers.python });
      expect({ name, verdict: answers.typescript.verdict }).toEqual({ name, verdict });
    }
    await until(() => published.length === comparisons.length * 2, { what: 'an event for each ticket' });
  });

  it('publish the same event for a ticket in both languages', async () => {
    published.length = 0;
    const source = `
ticket = {'id': 'INC-1', 'subject': 'VPN is down', 'body': 'Nobody can connect.'}
results = [app.send_task('tickets.process', (ticket,), queue=queue) for queue in ('python', 'typescript')]
answer([(result.id, result.get(timeout=20))[0] for result in results])
`;

    const taskIds = await runPython<string[]>(app, source);
    await until(() => published.length === 2, { what: 'both events' });

    const [one, other] = published.map(({ key, body: { occurred_at: occurredAt, ...body } }) => {
      expect(occurredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      return { key, body };
    });
    expect(one?.key).toBe('ticket.created');
    expect(other).toEqual(one);
    expect(new Set(published.map(({ messageId }) => messageId))).toEqual(new Set(taskIds));
  });

  it('render and publish the same notification in both languages', async () => {
    published.length = 0;
    const source = `
values = {'ticket_id': 'INC-1', 'name': 'Ada', 'priority': 'high'}
calls = [app.send_task('notifications.send', ('ticket_created', 'ada@example.org', values), queue=q) for q in ('python', 'typescript')]
answer([call.get(timeout=20) for call in calls])
`;

    const [python, typescript] = await runPython<unknown[]>(app, source);
    await until(() => published.length === 2, { what: 'both notifications' });

    expect(typescript).toEqual(python);
    expect(published.map(({ key }) => key)).toEqual(['notify.ticket_created', 'notify.ticket_created']);
    expect(published[1]?.body).toEqual(published[0]?.body);
  });

  it('add numbers in both languages', async () => {
    const source = `
answer([app.send_task('tasks.add', (2, 3), queue=queue).get(timeout=20) for queue in ('python', 'typescript')])
`;
    await expect(runPython(app, source)).resolves.toEqual([5, 5]);
  });
});
