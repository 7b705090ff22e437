import { inspect } from 'node:util';
import { ConnectionError, QueueError, RabbitMQError, toRabbitMQError } from '../../../amqp';

const reply = (code: number, text: string): Error => Object.assign(new Error(text), { code });

describe('toRabbitMQError', () => {
  it.each([
    [reply(404, "NOT_FOUND - no queue 'q' in vhost '/'"), 'QUEUE_NOT_FOUND', false],
    [reply(404, "NOT_FOUND - no exchange 'x' in vhost '/'"), 'EXCHANGE_NOT_FOUND', false],
    [reply(403, 'ACCESS_REFUSED'), 'ACCESS_REFUSED', false],
    [reply(530, 'NOT_ALLOWED - vhost x not found'), 'ACCESS_REFUSED', false],
    [reply(405, 'RESOURCE_LOCKED'), 'RESOURCE_LOCKED', false],
    [reply(406, 'PRECONDITION_FAILED'), 'PRECONDITION_FAILED', false],
    [reply(320, 'CONNECTION_FORCED'), 'CONNECTION_LOST', true],
    [reply(541, 'INTERNAL_ERROR'), 'CHANNEL_CLOSED', true],
    [
      new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "no"'),
      'ACCESS_REFUSED',
      false,
    ],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'BROKER_UNREACHABLE', true],
    [new Error('connect ETIMEDOUT'), 'BROKER_UNREACHABLE', true],
    [new Error('Socket closed abruptly during opening handshake'), 'BROKER_UNREACHABLE', true],
    [Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'CONNECTION_LOST', true],
    [new Error('Channel closed'), 'CHANNEL_CLOSED', true],
    [new Error('Heartbeat timeout'), 'CONNECTION_LOST', true],
    ['a text', 'CONNECTION_LOST', true],
  ])('maps %s to %s', (error, code, retryable) => {
    const mapped = toRabbitMQError(error);
    expect(mapped).toMatchObject({ code, retryable });
    expect(mapped).toBeInstanceOf(RabbitMQError);
    if (error instanceof Error) expect(mapped.cause).toBe(error);
  });

  it('says what RabbitMQ means that closes the connection at the virtual host', () => {
    const closed = new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>');
    expect(toRabbitMQError(closed)).toMatchObject({
      message: expect.stringContaining('virtual host') as string,
      retryable: true,
    });
  });

  it('leaves an error of ours as it is', () => {
    const error = new QueueError('UNROUTABLE', 'no route');
    expect(toRabbitMQError(error)).toBe(error);
  });

  it('names the class, so that logs tell the kinds apart', () => {
    expect(new ConnectionError('CHANNEL_CLOSED', 'x').name).toBe('ConnectionError');
    expect(new QueueError('UNROUTABLE', 'x').name).toBe('QueueError');
  });

  it('drops credentials of URLs in foreign texts', () => {
    const mapped = toRabbitMQError(new Error('cannot reach amqp://user:CANARY@host/'));
    expect(mapped.message).toBe('cannot reach amqp://***@host/');
    expect(inspect(mapped, { depth: null })).not.toContain('CANARY');
  });
});
