import { PassThrough } from 'node:stream';
import { createLogger, installLogLevelSignal } from '../../../runtime';
import { until } from '../../support/until';

test('SIGUSR2 turns the log to debug and back, and says so each time', async () => {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (data: Buffer) => {
    text += data.toString();
  });
  const logger = createLogger({ level: 'error', format: 'json', service: 'test', stream });
  const child = logger.child({ part: 'child' });
  const remove = installLogLevelSignal(logger, 'error');
  try {
    child.debug('hidden before');
    process.emit('SIGUSR2');
    child.debug('seen');
    process.emit('SIGUSR2');
    child.debug('hidden after');
    logger.error('the end');
    await until(() => text.includes('the end'));
  } finally {
    remove();
  }
  expect(text).toContain('"to":"debug"');
  expect(text).toContain('"to":"error"');
  expect(text).toContain('seen');
  expect(text).not.toContain('hidden');
});
