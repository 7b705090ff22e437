import request from 'supertest';
import { testApp } from '../../../support/gateway-app';
import { createKeyFile } from '../../../support/key-file';

const file = createKeyFile();
const limited = file.add('limited', {
  scopes: ['tasks:submit', 'workflows:submit'],
  tasks: ['ok.*'],
  queues: ['open.*'],
});
const reading = file.add('reading', { scopes: ['tasks:read', 'tasks:submit'] });
const { app } = testApp({ env: file.env });
afterAll(() => file.remove());

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
}

const send = async (path: string, body: unknown, key = limited): Promise<Problem> => {
  const { body: problem } = await request(app)
    .post(path)
    .set('X-API-Key', key)
    .send(body as object);
  return problem as Problem;
};

type Task = Readonly<Record<string, unknown>>;
const good: Task = { task_name: 'ok.a', queue: 'open.a' };
const step = (task: Task = good): object => ({ type: 'task', ...task });
const chord = (header: readonly unknown[], body: unknown) => ({ type: 'chord', header, body });

/** Wherever a task may stand, with the pointer to it. */
const PLACES: readonly (readonly [place: string, pointer: string, workflow: (task: Task) => unknown])[] = [
  ['the only task', '', step],
  ['a later step of a chain', '/tasks/1', (task) => ({ type: 'chain', tasks: [step(), step(task)] })],
  ['a member of a group', '/tasks/1', (task) => ({ type: 'group', tasks: [step(), step(task)] })],
  ['a member of a header', '/header/1', (task) => chord([step(), step(task)], step())],
  ['a body', '/body', (task) => chord([step()], step(task))],
  ['what a map calls', '/task', (task) => ({ type: 'map', task, items: [1] })],
  ['what a starmap calls', '/task', (task) => ({ type: 'starmap', task, items: [[1]] })],
  ['what chunks call', '/task', (task) => ({ type: 'chunks', task, items: [[1], [2]], size: 1 })],
  ['a callback', '/link/0', (task) => step({ ...good, link: [task] })],
  [
    'an errback of a body',
    '/body/link_error/0',
    (task) => chord([step()], step({ ...good, link_error: [task] })),
  ],
  [
    'the body of a chord in the header of a chord in a chain',
    '/tasks/1/header/0/body',
    (task) => ({ type: 'chain', tasks: [step(), chord([chord([step()], step(task))], step())] }),
  ],
];

const BAD: readonly (readonly [what: string, task: Task])[] = [
  ['a task outside of the key', { task_name: 'secret.a', queue: 'open.a' }],
  ['a queue outside of the key', { task_name: 'ok.a', queue: 'secret' }],
  ['the default queue, which is outside of the key', { task_name: 'ok.a' }],
  ['an exchange, which may lead anywhere', { task_name: 'ok.a', exchange: 'open.a', routing_key: 'x' }],
  ["a task of Celery's own", { task_name: 'celery.chord_unlock', queue: 'open.a' }],
];

describe.each(PLACES)('in a workflow, as %s', (_place, pointer, workflow) => {
  test.each(BAD)('%s is refused as in a single submission, with its place', async (_what, task) => {
    const single = await send('/rabbitmq/tasks/submit', task);
    expect(single).toMatchObject({ status: 403, code: 'NAME_NOT_ALLOWED' });
    const refused = await send('/rabbitmq/workflows', workflow(task));
    expect([refused.status, refused.code]).toEqual([403, 'NAME_NOT_ALLOWED']);
    expect(refused.errors).toEqual(
      single.errors.map((error) => ({ ...error, pointer: pointer + error.pointer })),
    );
  });

  test('a task the key may send gets as far as the broker, which is missing', async () => {
    expect(await send('/rabbitmq/workflows', workflow(good))).toMatchObject({ code: 'MESSAGING_DISABLED' });
  });

  test('a key without the scope of workflows may not send it', async () => {
    expect(await send('/rabbitmq/workflows', workflow(good), reading)).toMatchObject({ status: 403 });
  });
});
