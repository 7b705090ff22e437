import { ConnectionError } from '../../../../amqp';
import { ResultStoreBackend } from '../../../../celery/client/result-store-backend';
import { SilentLogger } from '../../../support/silent-logger';

describe('ResultStoreBackend', () => {
  it('never rejects from getTaskMeta, or AsyncResult would wait for ever', async () => {
    const failing = { getTaskMeta: () => Promise.reject(new Error('store is away')) };
    const logger = new SilentLogger();
    const backend = new ResultStoreBackend(failing, logger);
    expect(await backend.getTaskMeta('a')).toMatchObject({ status: 'PENDING', task_id: 'a' });
    expect(logger.lines).toHaveLength(1);
  });

  it('answers PENDING for a task nobody reported', async () => {
    const backend = new ResultStoreBackend({ getTaskMeta: async () => null }, new SilentLogger());
    expect((await backend.getTaskMeta('a')).status).toBe('PENDING');
  });

  it('makes a failed send the outcome of its task', async () => {
    const backend = new ResultStoreBackend({ getTaskMeta: async () => null }, new SilentLogger());
    backend.noteFailure('a', new ConnectionError('BROKER_UNREACHABLE', 'no broker'));
    expect(await backend.getTaskMeta('a')).toMatchObject({
      status: 'FAILURE',
      result: { exc_message: ['no broker'], code: 'BROKER_UNREACHABLE' },
    });
  });
});
