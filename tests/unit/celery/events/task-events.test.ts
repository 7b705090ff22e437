import { type ReceivedEvent, TaskEvents } from '../../../../celery/events';

const event = (type: string, timestamp: number, fields: object = {}): ReceivedEvent => ({
  type,
  hostname: 'a@test',
  timestamp,
  receivedAt: timestamp * 1000,
  fields: { uuid: 't', ...fields },
});
const taskAfter = (...events: readonly ReceivedEvent[]) => {
  const tasks = new TaskEvents();
  for (const each of events) tasks.onEvent(each);
  return tasks.get('t');
};

describe('TaskEvents', () => {
  it('follows a task from reception to its end', () => {
    const task = taskAfter(
      event('task-received', 1, { name: 'tasks.add', args: '(1,)', kwargs: '{}', root_id: 'r', retries: 0 }),
      event('task-started', 2),
      event('task-succeeded', 3, { result: '1', runtime: 0.5 }),
    );
    expect(task).toMatchObject({
      state: 'SUCCESS',
      worker: 'a@test',
      name: 'tasks.add',
      args: '(1,)',
      rootId: 'r',
      receivedAt: 1000,
      startedAt: 2000,
      endedAt: 3000,
      runtimeSeconds: 0.5,
      result: '1',
    });
  });

  it('lets a late task-received fill gaps without turning the task back', () => {
    const task = taskAfter(
      event('task-succeeded', 3, { result: '1' }),
      event('task-received', 1, { name: 'tasks.add' }),
    );
    expect(task).toMatchObject({ state: 'SUCCESS', name: 'tasks.add', result: '1', receivedAt: 1000 });
  });

  it('begins anew after a retry', () => {
    const retried = event('task-retried', 3, { exception: "ValueError('x')" });
    expect(taskAfter(event('task-started', 2), retried)?.state).toBe('RETRY');
    expect(taskAfter(event('task-started', 2), retried, event('task-received', 4))?.state).toBe('RECEIVED');
  });

  it('does not take the client that sent a task for its worker', () => {
    const sent = { ...event('task-sent', 1, { name: 'tasks.add' }), hostname: 'gen1@client' };
    expect(taskAfter(sent)).toMatchObject({ state: 'PENDING', worker: null, sentAt: 1000 });
  });

  it('shows a custom event as a state of its own', () => {
    expect(taskAfter(event('task-started', 1), event('task-progress', 2))?.state).toBe('PROGRESS');
  });

  it('is bounded and gives the latest first', () => {
    const tasks = new TaskEvents({ maxEntries: 2 });
    for (const uuid of ['a', 'b', 'c']) tasks.onEvent(event('task-started', 1, { uuid }));
    expect(tasks.latest(10).map(({ taskId }) => taskId)).toEqual(['c', 'b']);
  });

  it('passes over events of workers and events without a task id', () => {
    const tasks = new TaskEvents();
    tasks.onEvent(event('worker-heartbeat', 1));
    tasks.onEvent(event('task-started', 1, { uuid: undefined }));
    expect(tasks.size).toBe(0);
  });
});
