import type { PublishRequest } from '../../../amqp';
import { forgottenTask, TaskHistory } from '../../../celery';
import { ResultForgetting } from '../../../server/monitor';

/** Forgetting over a store of a kind, and what it did. */
function forgetting(kind: 'redis' | 'stream', recording = true) {
  const deleted: string[] = [];
  const published: string[] = [];
  const history = new TaskHistory();
  const meta = {
    task_id: 't',
    status: 'SUCCESS',
    result: 'x',
    traceback: null,
    children: [],
    date_done: null,
  };
  history.onResult(meta);
  const service = new ResultForgetting({
    reader: {
      status: { ready: true, kind },
      getTaskMeta: async () => null,
      ...(kind === 'redis' ? { forget: async (taskId: string) => void deleted.push(taskId) } : {}),
    },
    replyTo: () => 'results',
    records: { streamName: 'submissions', recording },
    publisher: {
      publish: async ({ routingKey, properties }: PublishRequest) => {
        published.push(`${routingKey} ${forgottenTask(properties ?? {})}`);
      },
    },
    history,
  });
  return { service, history, deleted, published };
}

describe('forgetting a result', () => {
  test.each([
    ['redis', true, ['t'], ['submissions t']],
    ['redis', false, ['t'], []],
    ['stream', true, [], ['results t']],
  ] as const)('on %s, recording %s', async (kind, recording, deletes, publishes) => {
    const { service, history, deleted, published } = forgetting(kind, recording);
    await service.forget('t');
    expect([deleted, published]).toEqual([deletes, publishes]);
    expect(history.get('t')).toMatchObject({ state: 'SUCCESS', forgotten: true, resultText: null });
  });

  test('of a task nobody knows is refused', async () => {
    await expect(forgetting('stream').service.forget('other')).rejects.toMatchObject({
      code: 'TASK_NOT_FOUND',
    });
  });
});
