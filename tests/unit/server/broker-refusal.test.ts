import { ConnectionError, QueueError } from '../../../amqp';
import { explained } from '../../../server/messaging';

const said = (text: string): QueueError =>
  new QueueError(
    'PRECONDITION_FAILED',
    `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - ${text}"`,
  );

const refusal = (error: Error) => explained(Promise.reject(error)).catch((refused: unknown) => refused);

describe('explained', () => {
  it.each([
    [
      "inequivalent arg 'x-dead-letter-exchange' for queue 'qq' in vhost '/': received none but current is the value 'dlx' of type 'longstr'",
      'The queue qq exists with other settings: x-dead-letter-exchange is dlx, asked for was none.',
    ],
    [
      "inequivalent arg 'type' for exchange 'it's' in vhost 'a b': received 'direct' but current is 'topic'",
      "The exchange it's exists with other settings: type is topic, asked for was direct.",
    ],
    ["queue 'q' in vhost '/' not empty", 'The queue q is not empty.'],
    ["queue 'q' in vhost '/' in use", 'The queue q has consumers.'],
    ["exchange 'x' in vhost '/' in use", 'The exchange x has bindings.'],
    ['something new', 'something new'],
  ])('says in plain words: %s', async (text, message) => {
    expect(await refusal(said(text))).toMatchObject({ code: 'PRECONDITION_FAILED', message });
  });

  it('gives an argument the broker does not take its place in the request', async () => {
    const text = `invalid arg 'x-max-priority' for queue 'q' in vhost '/': "expected integer, got longstr"`;
    expect(await refusal(said(text))).toMatchObject({
      code: 'REQUEST_INVALID',
      details: {
        errors: [
          {
            pointer: '/arguments/x-max-priority',
            detail: 'RabbitMQ says: expected integer, got longstr',
          },
        ],
      },
    });
  });

  it('tells a command that ended its connection from a connection that ended', async () => {
    const ended = (replyCode: number) =>
      new ConnectionError(
        'CHANNEL_CLOSED',
        'Connection closed: 503 (COMMAND-INVALID) with message "COMMAND_INVALID - unknown exchange type \'x\'"',
        { retryable: true, details: { replyCode } },
      );
    expect(await refusal(ended(503))).toMatchObject({
      code: 'COMMAND_INVALID',
      retryable: false,
      message: "RabbitMQ says: unknown exchange type 'x'",
    });
    const other = ended(501);
    expect(await refusal(other)).toBe(other);
    const foreign = new Error('no');
    expect(await refusal(foreign)).toBe(foreign);
  });
});
