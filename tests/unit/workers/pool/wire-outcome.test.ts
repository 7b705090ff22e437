import { QueueError, RabbitMQError } from '../../../../amqp';
import { encodeException, formatTraceback, PythonError } from '../../../../celery/protocol';
import { Retry, SoftTimeLimitExceeded } from '../../../../workers/execution';
import { portable, portableSubmission, withBuffers } from '../../../../workers/pool/portable';
import { errorFromWire, errorToWire } from '../../../../workers/pool/wire-error';
import { outcomeFromWire, outcomeToWire } from '../../../../workers/pool/wire-outcome';

/** There and back, over what a message port does to it. */
const crossed = (error: unknown): Error => errorFromWire(structuredClone(errorToWire(error)));

describe('errors between threads', () => {
  test.each<[string, unknown]>([
    ['a Python error', new PythonError('OrderError', 'shop.errors', ['sold out', 42])],
    ['an error of JavaScript', new TypeError('bad')],
    ['an error with a cause', new RangeError('outer', { cause: new SyntaxError('inner') })],
    ['a system error', Object.assign(new Error('gone'), { code: 'ENOENT' })],
    ['a thrown text', 'just text'],
    ['nothing', undefined],
  ])('%s is stored as it would have been without crossing', (_name, error) => {
    const arrived = crossed(error);
    expect(encodeException(arrived)).toEqual(encodeException(error));
    expect(formatTraceback(arrived)).toBe(formatTraceback(error));
  });

  test('an error of messaging keeps its class, code and details', () => {
    const error = new QueueError('UNROUTABLE', 'no queue', { retryable: true, details: { queue: 'q' } });
    const arrived = crossed(error);
    expect(arrived).toBeInstanceOf(QueueError);
    expect(arrived).toMatchObject({ code: 'UNROUTABLE', retryable: true, details: { queue: 'q' } });
    expect(arrived).toBeInstanceOf(RabbitMQError);
  });

  test('a soft limit is an instance of its class on the other side', () => {
    expect(crossed(new SoftTimeLimitExceeded())).toBeInstanceOf(SoftTimeLimitExceeded);
  });

  test('an argument that cannot cross is shown and does not hide its error', () => {
    const argument = new Map([[() => 1, 2]]);
    expect(crossed(new PythonError('E', null, [argument]))).toMatchObject({ excType: 'E' });
  });

  test('a circle of causes ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(crossed(error).message).toBe('round');
  });
});

describe('outcomes between threads', () => {
  test.each([new Map([[1, 2]]), [new Set([1])]])('a result that JSON has no form for fails: %p', (value) => {
    const wire = outcomeToWire({ kind: 'SUCCESS', value, runtimeSeconds: 1 });
    const outcome = outcomeFromWire(structuredClone(wire));
    const encoded = outcome.kind === 'FAILURE' ? encodeException(outcome.error) : undefined;
    expect(encoded).toMatchObject({ exc_type: 'EncodeError' });
  });

  test('a retry keeps its message, its submission and its cause', () => {
    const submission = { name: 't', args: [1], options: { taskId: 'id', eta: new Date(5000) } };
    const retry = new Retry('Retry in 1s', submission, { cause: new RangeError('why') });
    const outcome = outcomeFromWire(structuredClone(outcomeToWire({ kind: 'RETRY', retry })));
    expect(outcome).toMatchObject({
      kind: 'RETRY',
      retry: {
        message: 'Retry in 1s',
        submission: { name: 't', args: [1], options: { taskId: 'id', eta: '1970-01-01T00:00:05.000Z' } },
        cause: { excType: 'ValueError', excArgs: ['why'] },
      },
    });
  });

  test('a result nested without end is the failure that storing it would be', () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    const outcome = outcomeFromWire(outcomeToWire({ kind: 'SUCCESS', value, runtimeSeconds: 1 }));
    expect(outcome).toMatchObject({ kind: 'FAILURE', timedOut: false, error: { excType: 'EncodeError' } });
  });
});

describe('portable', () => {
  test('drops what JSON drops and asks toJSON', () => {
    const value = { f: () => 1, list: [Symbol('s'), () => 1], money: { toJSON: () => ({ eur: 1 }) }, n: 1n };
    expect(portable(value)).toEqual({ f: undefined, list: [null, null], money: { eur: 1 }, n: 1n });
  });

  test('a member named __proto__ stays a member', () => {
    const value: unknown = JSON.parse('{"__proto__": {"x": 1}}');
    expect(Object.keys(portable(value) as object)).toEqual(['__proto__']);
    expect(Object.keys(withBuffers(value) as object)).toEqual(['__proto__']);
  });

  test('bytes are Buffers again after a structured clone', () => {
    const clone = structuredClone([{ bytes: Buffer.from('a') }]);
    expect(withBuffers(clone)).toEqual([{ bytes: Buffer.from('a') }]);
  });

  test('times of a submission go as text', () => {
    const sent = portableSubmission({ name: 't', options: { expires: new Date(0), eta: '2030-01-01' } });
    expect(sent.options).toEqual({ expires: '1970-01-01T00:00:00.000Z', eta: '2030-01-01' });
  });
});
