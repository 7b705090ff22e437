import { submissionEntry } from '../../../../celery/records';

const message = {
  exchange: '',
  routingKey: 'emails',
  headers: {
    id: 'a',
    task: 'tasks.add',
    eta: '2026-11-22T00:00:00+00:00',
    root_id: 'r',
    retries: 2,
    gateway_tenant: 'acme',
    gateway_callback: 'sealed:x',
  },
  properties: { timestamp: 1_795_300_000 },
};

describe('submissionEntry', () => {
  it('takes what tells a submitted task from one nobody has heard of', () => {
    expect(submissionEntry(message)).toEqual({
      taskId: 'a',
      task: 'tasks.add',
      queue: 'emails',
      exchange: '',
      routingKey: 'emails',
      submittedAt: 1_795_300_000_000,
      eta: '2026-11-22T00:00:00+00:00',
      expires: null,
      rootId: 'r',
      parentId: null,
      groupId: null,
      retries: 2,
      tenant: 'acme',
      callback: 'sealed:x',
    });
  });

  it('names no queue where the task went to an exchange', () => {
    expect(submissionEntry({ ...message, exchange: 'tickets' })?.queue).toBeNull();
  });

  it('passes over what is no task message', () => {
    expect(submissionEntry({ ...message, headers: { id: 'a' } })).toBeUndefined();
    expect(submissionEntry({ ...message, headers: { task: 'tasks.add', id: 7 } })).toBeUndefined();
  });
});
