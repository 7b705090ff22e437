import { checkRetrySafety } from '../../../../server/dead-letters/retry-safety';

const limited = { 'x-message-ttl': 1000, 'x-max-length': 5 };

test.each(['3.13.0', '4.1.2', '10.0'])('RabbitMQ %s retries in a queue with limits', (version) => {
  expect(() => checkRetrySafety('q', limited, version)).not.toThrow();
});

test.each(['3.10.8', '3.12.14', '', undefined])(
  'RabbitMQ %p would lose what such a queue drops later',
  (version) => {
    expect(() => checkRetrySafety('q', limited, version)).toThrow(/message-ttl, max-length.*3\.13/);
    expect(() => checkRetrySafety('q', { 'x-max-priority': 5 }, version)).not.toThrow();
  },
);
