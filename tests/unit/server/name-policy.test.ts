import { NamePolicy } from '../../../server/messaging';

const refused = expect.objectContaining({ code: 'NAME_NOT_ALLOWED' });

function attempt(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('NamePolicy', () => {
  test.each(['celery', 'tickets.high', 'a-b_c', 'team/queue', 'w1@host.dq'])('%s may be used', (name) => {
    expect(attempt(() => new NamePolicy([]).checkQueue(name, '/queue'))).toBeUndefined();
  });

  test.each([
    '',
    'amq.gen-1',
    'amq.rabbitmq.reply-to',
    'celery.pidbox',
    'celery@host.celery.pidbox',
    'a1b2.reply.celery.pidbox',
    'reply.celery.pidbox',
    'celeryev',
    'celeryev.123',
    'celery_delayed_27',
    'celery-gateway.results',
    '123e4567-e89b-12d3-a456-426614174000',
    'x'.repeat(256),
    'a\r\nb',
    'a\0b',
    'abc\u202Edef',
    'a b',
    '#',
    '*',
  ])('%j is refused as queue', (name) => {
    expect(attempt(() => new NamePolicy([]).checkQueue(name, '/queue'))).toEqual(refused);
  });

  test('streams renamed by configuration stay internal', () => {
    const policy = new NamePolicy([], ['our.record']);
    expect(attempt(() => policy.checkQueue('our.record', '/queue'))).toEqual(refused);
  });

  test('globs are anchored and everything else in them is literal', () => {
    const policy = new NamePolicy(['team.*', 'celery']);
    const allowed = ['team.a', 'celery', 'teamXa', 'my.team.a', 'celery2'].filter(
      (name) => attempt(() => policy.checkQueue(name, '/queue')) === undefined,
    );
    expect(allowed).toEqual(['team.a', 'celery']);
  });

  test('the default exchange is judged by its queue, amq.topic is refused', () => {
    const policy = new NamePolicy([]);
    expect(attempt(() => policy.checkExchange('', '/exchange'))).toBeUndefined();
    expect(attempt(() => policy.checkExchange('amq.topic', '/exchange'))).toEqual(refused);
  });
});
