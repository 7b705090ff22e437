import { PassThrough } from 'node:stream';
import { createLogger, installLogLevelSignal, LogLevelSwitch, systemClock } from '../../../runtime';
import { until } from '../../support/until';

function logged() {
  const stream = new PassThrough();
  const written = { text: '' };
  stream.on('data', (data: Buffer) => {
    written.text += data.toString();
  });
  const logger = createLogger({ level: 'error', format: 'json', service: 'test', stream });
  const levels = new LogLevelSwitch({ logger, configured: 'error', clock: systemClock });
  return { logger, levels, written };
}

test('SIGUSR2 turns the log to debug and back, and says so each time', async () => {
  const { logger, levels, written } = logged();
  const child = logger.child({ part: 'child' });
  const remove = installLogLevelSignal(levels);
  try {
    child.debug('hidden before');
    process.emit('SIGUSR2');
    child.debug('seen');
    process.emit('SIGUSR2');
    child.debug('hidden after');
    logger.error('the end');
    await until(() => written.text.includes('the end'));
  } finally {
    remove();
  }
  expect(written.text).toContain('"to":"debug"');
  expect(written.text).toContain('"to":"error"');
  expect(written.text).toContain('seen');
  expect(written.text).not.toContain('hidden');
});

test('a level that was set for a time ends by itself, and a later one takes its place', async () => {
  const { logger, levels, written } = logged();
  levels.set('debug', 'the test', 60_000);
  expect(levels.until).toBeGreaterThan(Date.now());
  levels.set('info', 'the test');
  expect([levels.level, levels.until]).toEqual(['info', undefined]);
  levels.set('debug', 'the test', 1);
  await until(() => levels.level === 'error');
  expect(levels.until).toBeUndefined();
  logger.debug('hidden');
  logger.error('the end');
  await until(() => written.text.includes('the end'));
  expect(written.text).toContain('"by":"the end of its time"');
  expect(written.text).not.toContain('hidden');
});
