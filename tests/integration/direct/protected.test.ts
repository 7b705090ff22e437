import { randomBytes } from 'node:crypto';
import { loadProtection } from '../../../celery';
import { createWorker, defineTask } from '../../../workers';
import { Certificates } from '../../support/certificates';
import { Cleanup } from '../../support/cleanup';
import { DirectSession } from '../../support/direct-session';

const WAIT_MS = 60_000;
const SECRET = 'the-secret-text';
const SETTINGS = {
  CELERY_SECURITY_DIGEST: 'sha256',
  CELERY_SECURITY_FORMAT: '5.5',
  CELERY_ACCEPT_UNPROTECTED: false,
} as const;

const join = defineTask('protected.join', { params: ['x', 'y'] }, (_context, { x, y }) => `${x}${y}`);

describe.each(['encrypted', 'signed'])('a queue of %s tasks', (kind) => {
  const cleanup = new Cleanup();
  let session: DirectSession;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    env = kind === 'encrypted' ? encryption() : await signing(cleanup);
    session = await DirectSession.open(`direct-${kind}`, env);
    cleanup.does(() => session.close());
  }, WAIT_MS);

  afterAll(() => cleanup.run());

  const submit = async (queue: string): Promise<string> => {
    const task = { task_name: 'protected.join', args: [SECRET, '.'], queue };
    const { body } = await session.post('tasks/submit', task);
    await session.awaits(queue, 1);
    return String(body.task_id);
  };

  test('is shown as tasks that workers can read, and of what is encrypted only that it is', async () => {
    const id = await submit('shown');
    const [message] = await session.messages('shown');
    const args = kind === 'encrypted' ? null : [SECRET, '.'];
    expect(message).toMatchObject({
      task: { task_id: id, task_name: 'protected.join', args },
      malformed: null,
    });
    expect(JSON.stringify(message).includes(SECRET)).toBe(kind === 'signed');

    await session.sendTask('shown', 'plain', 'protected.join', [1, 2]);
    await session.awaits('shown', 2);
    expect((await session.messages('shown'))[1]).toMatchObject({
      task: null,
      malformed: { reason: 'protection_failed' },
    });
  });

  test('takes no plain task that its workers would refuse', async () => {
    await submit('guarded');
    const raw = {
      queue_name: 'guarded',
      message: [[1, 2], {}, {}],
      headers: { task: 'protected.join', id: 'raw' },
    };
    expect(await session.post('messages/publish', raw)).toMatchObject({
      status: 422,
      body: {
        code: 'MESSAGE_NOT_A_TASK',
        errors: [{ detail: expect.stringContaining('protection_failed') as string }],
      },
    });
  });

  test('has its dead letters and its tasks replayed and edited, and the worker reads them', async () => {
    await session.post('dead-letters/setup', { queue_name: 'dying' });
    const id = await submit('dying');
    const channel = await (await session.connect()).openChannel();
    const dying = await channel.get('dying', { noAck: false });
    if (dying !== false) channel.reject(dying, false);
    await session.awaits('dying.dead', 1);

    const worker = createWorker({
      broker: session.vhost.url,
      resultBackend: 'rpc://',
      queues: ['running'],
      tasks: [join],
      protection: loadProtection({ ...SETTINGS, ...env }, Date.now),
      protectsResults: true,
      mingle: false,
    });
    cleanup.does(() => worker.stop());
    await worker.start();
    const replay = { to: { queue_name: 'running' }, filter: { ids: [id] }, edit: { args: [SECRET, '!'] } };
    expect((await session.post('dead-letters/dying.dead/replay', replay)).body).toMatchObject({
      progress: { done: 1, failed: 0 },
      problems: [],
    });
    expect((await session.get(`tasks/${id}?wait=20`)).body).toMatchObject({
      status: 'SUCCESS',
      result: `${SECRET}!`,
    });

    // The same from the record of submissions, as it was and with other arguments.
    for (const [edit, result] of [
      [{}, `${SECRET}.`],
      [{ args: [SECRET, '?'] }, `${SECRET}?`],
    ] as const) {
      const again = await session.post(`tasks/${id}/retry`, { queue: 'running', ...edit });
      expect(again.status).toBe(202);
      expect((await session.get(`tasks/${String(again.body.task_id)}?wait=20`)).body).toMatchObject({
        status: 'SUCCESS',
        result,
      });
    }
  });
});

const encryption = () => ({ CELERY_ENCRYPTION_KEYS: `one:${randomBytes(32).toString('base64')}` });

async function signing(cleanup: Cleanup): Promise<Readonly<Record<string, string>>> {
  const files = await Certificates.create();
  cleanup.does(() => files.remove());
  await files.issue('fleet');
  return {
    CELERY_SECURITY_KEY: files.file('fleet.key'),
    CELERY_SECURITY_CERTIFICATE: files.file('fleet.pem'),
    CELERY_SECURITY_CERT_STORE: files.file('fleet.pem'),
  };
}
