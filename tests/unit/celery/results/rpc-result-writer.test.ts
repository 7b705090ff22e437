import type { PublishRequest } from '../../../../amqp';
import type { TaskMeta } from '../../../../celery/protocol';
import { RpcResultWriter } from '../../../../celery/results';

const meta: TaskMeta = {
  status: 'SUCCESS',
  result: 3,
  traceback: null,
  children: [],
  date_done: '2026-11-21T22:31:57.383291+00:00',
  task_id: 'a',
};
const setup = (persistent?: boolean) => {
  const published: PublishRequest[] = [];
  const publisher = { publish: async (request: PublishRequest) => void published.push(request) };
  return { published, writer: new RpcResultWriter({ publisher, persistent }) };
};

describe('RpcResultWriter', () => {
  it('sends the meta to the reply queue with the properties Python workers use', async () => {
    const { published, writer } = setup();
    await writer.storeResult({ id: 'a', replyTo: 'oid', correlationId: 'a' }, meta);
    const [request] = published;
    expect(request).toMatchObject({
      exchange: '',
      routingKey: 'oid',
      mandatory: false,
      properties: {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: 'a',
        deliveryMode: 1,
        priority: 0,
      },
    });
    expect(request?.properties.headers).toBeUndefined();
    expect(JSON.parse(String(request?.content))).toEqual(meta);
  });

  it('publishes nothing when the caller wants no answer', async () => {
    const { published, writer } = setup();
    await writer.storeResult({ id: 'a', replyTo: null, correlationId: 'a' }, meta);
    expect(published).toEqual([]);
  });

  it('writes persistent messages where results are to survive the broker', async () => {
    const { published, writer } = setup(true);
    await writer.storeResult({ id: 'a', replyTo: 'oid', correlationId: 'a' }, meta);
    expect(published[0]?.properties.deliveryMode).toBe(2);
  });
});
