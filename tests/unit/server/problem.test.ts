import { ConnectionError, QueueError, RabbitMQError } from '../../../amqp';
import { GatewayError, inputError } from '../../../server/errors';
import { problemOf, retryAfterSeconds } from '../../../server/http/problem';
import { PROBLEMS, problemType } from '../../../server/http/problem-table';

const place = { path: '/rabbitmq/tasks/submit', requestId: 'r1' };

describe('the problem table', () => {
  test('gives each code an error status, a title and advice', () => {
    const wrong = Object.entries(PROBLEMS).filter(
      ([, { status, title, advice }]) => status < 400 || status > 599 || title === '' || advice === '',
    );
    expect(wrong).toEqual([]);
  });

  test('types are unique', () => {
    const types = Object.keys(PROBLEMS).map((code) => problemType(code as keyof typeof PROBLEMS));
    expect(new Set(types).size).toBe(types.length);
  });
});

describe('problemOf', () => {
  test('a messaging error becomes its code, with where and which request', () => {
    const error = new ConnectionError('BROKER_UNREACHABLE', 'refused', { retryable: true });
    expect(problemOf(error, place)).toEqual({
      type: '/problems/broker-unreachable',
      title: 'The broker cannot be reached',
      status: 503,
      detail: 'refused',
      instance: '/rabbitmq/tasks/submit',
      code: 'BROKER_UNREACHABLE',
      requestId: 'r1',
    });
    expect(retryAfterSeconds(error, 503)).toBe(2);
  });

  test('an unknown publish carries the task id', () => {
    const error = new QueueError('PUBLISH_UNKNOWN', 'no confirm', { details: { taskId: 't1' } });
    expect(problemOf(error, place)).toMatchObject({ status: 504, code: 'PUBLISH_UNKNOWN', task_id: 't1' });
  });

  test('input errors keep their pointers', () => {
    const error = inputError('REQUEST_INVALID', 'no', [{ pointer: '/args', detail: 'must be an array' }]);
    expect(problemOf(error, place).errors).toEqual([{ pointer: '/args', detail: 'must be an array' }]);
  });

  test.each([
    ['/properties/headers/CC', '/headers/CC'],
    ['/properties/headers/aB/0', '/headers/aB/0'],
    ['/properties/headers', '/headers'],
    ['/properties/correlationId', '/correlation_id'],
    ['/properties/deliveryMode', '/persistent'],
    ['/routingKey', '/routing_key'],
    ['/content', '/message'],
  ])('the place %s of the AMQP layer is %s of the body', (pointer, named) => {
    const error = new QueueError('MESSAGE_INVALID', `${pointer} is reserved`, { details: { pointer } });
    const { errors, detail } = problemOf(error, place);
    expect(errors).toEqual([{ pointer: named, detail: 'is reserved' }]);
    expect(detail).toBe('The message cannot be sent as it is.');
  });

  test.each([
    ['a foreign error', new Error('password=CANARY')],
    ['a code nobody knows', new RabbitMQError('NO_SUCH_CODE', 'CANARY')],
    ['a name of Object.prototype as code', new RabbitMQError('constructor', 'CANARY')],
    ['no error at all', 'CANARY'],
  ])('%s tells nothing of its insides', (_case, error) => {
    const problem = problemOf(error, place);
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(problem)).not.toContain('CANARY');
  });

  test('a URL in a message loses its credentials', () => {
    const error = new GatewayError('SHUTTING_DOWN', 'lost amqp://user:CANARY@host/');
    expect(problemOf(error, place).detail).toBe('lost amqp://[redacted]@host/');
  });
});
