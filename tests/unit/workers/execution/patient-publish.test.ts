import { ConnectionError, QueueError } from '../../../../amqp';
import { patiently } from '../../../../workers/execution/patient-publish';

const away = (): ConnectionError =>
  new ConnectionError('BROKER_UNREACHABLE', 'Broker is not connected', { retryable: true });
const never = (): AbortSignal => new AbortController().signal;

describe('a publish of a task', () => {
  it('is repeated while the broker is away', async () => {
    let attempts = 0;
    const publish = async (): Promise<string> => {
      attempts += 1;
      if (attempts < 3) throw away();
      return 'sent';
    };
    await expect(patiently(publish, never)).resolves.toBe('sent');
    expect(attempts).toBe(3);
  });

  it('is not repeated when the broker refused it for good, or when nobody knows whether it was taken', async () => {
    for (const error of [
      new QueueError('UNROUTABLE', 'no queue'),
      new QueueError('PUBLISH_UNKNOWN', 'lost'),
    ]) {
      let attempts = 0;
      const publish = async (): Promise<never> => {
        attempts += 1;
        throw error;
      };
      await expect(patiently(publish, never)).rejects.toBe(error);
      expect(attempts).toBe(1);
    }
  });

  it('ends with the reason for which the task is to end', async () => {
    const ending = new AbortController();
    const reason = new Error('revoked');
    const sent = patiently(
      async () => {
        throw away();
      },
      () => ending.signal,
    );
    ending.abort(reason);
    await expect(sent).rejects.toBe(reason);
  });
});
