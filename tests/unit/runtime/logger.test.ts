import { PassThrough } from 'node:stream';
import { createLogger, type LogFormat, redact } from '../../../runtime';

/** Logs one line and gives what was written. */
async function logged(format: LogFormat, message: string, fields: object): Promise<string> {
  const stream = new PassThrough();
  createLogger({ level: 'info', format, service: 'test', stream }).info(message, fields);
  const [chunk] = await new Promise<[Buffer]>((resolve) =>
    stream.once('data', (data: Buffer) => resolve([data])),
  );
  return chunk.toString();
}

describe('createLogger', () => {
  test('a line is one JSON object, whatever the message holds', async () => {
    const text = await logged('json', 'a\n{"level":"error"}\u2028', { id: 7n, nested: { a: 1 } });
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(text)).toMatchObject({ level: 'info', service: 'test', id: '7', nested: { a: 1 } });
  });

  test('a readable line is one line, too', async () => {
    const text = await logged('pretty', 'a\nerror forged\u001b[31m', {});
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(text).not.toContain('\u001b');
  });

  test('errors keep name, code, cause and stack; credentials in them go', async () => {
    const error = new Error('no amqp://u:CANARY@h/', { cause: new TypeError('below') });
    const text = await logged('json', 'failed', { error });
    expect(JSON.parse(text).error).toMatchObject({
      name: 'Error',
      cause: { name: 'TypeError', message: 'below' },
    });
    expect(text).not.toContain('CANARY');
  });

  test('fields that cannot be printed do not throw', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(JSON.parse(await logged('json', 'x', cycle))).toMatchObject({ unprintable: true });
  });
});

describe('redact', () => {
  test.each([
    'amqp://user:CANARY@host:5672/',
    'redis://:CANARY@host',
    'amqp://user:CAN@ARY@host CANARY'.replace(' CANARY', ''),
    '{"password":"CANARY","x":1}',
    '{"db_password":"CAN\\"CANARY"}',
    '{"authorization":"CANARY"}',
    'Authorization: Bearer CANARYCANARY',
    'cgw_team_CANARYCANARYCANARY',
    'ck_live_team_CANARYCANARYCANARY',
    'token eyJCANARYCANARY.eyJCANARYCANARY.CANARYCANARY in a text',
  ])('takes the secret out of %s', (text) => {
    expect(redact(text)).not.toMatch(/CANARY|ARY@/);
  });

  test('leaves the rest as it is', () => {
    const text = '{"task":"tasks.add","url":"http://host:8000/a","message":"a@b"}';
    expect(redact(text)).toBe(text);
    expect(redact('cgw_team_CANARYCANARYCANARY')).toBe('cgw_team_[redacted]');
    expect(redact('ck_live_team_CANARYCANARYCANARY')).toBe('ck_live_team_[redacted]');
  });
});
