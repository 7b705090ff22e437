import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { python } from '../support/python';
import { createVhost } from '../support/vhost';

const REPOSITORY = join(__dirname, '..', '..');
const WAIT_MS = 240_000;

test(
  './scripts/demo shows the service desk in both languages: urgent first, nothing lost, poisoned and replayed',
  async () => {
    const vhost = await createVhost('demo');
    try {
      const env = {
        ...process.env,
        CELERY_BROKER_URL: vhost.url,
        DEMO_PYTHON: python(),
        DEMO_NO_BUILD: '1',
      };
      const { stdout } = await promisify(execFile)(join(REPOSITORY, 'scripts', 'demo'), [], {
        env,
        timeout: WAIT_MS - 10_000,
      });
      expect(stdout).toContain('and Python worker, which sends the notifications, are up');
      expect(stdout).toMatch(/all 23 answered; the urgent ones came at places/);
      expect(stdout).toMatch(/all 30 answered/);
      expect(stdout).toMatch(/dead letter: handler_failed, .*no model for the language ja/);
      expect(stdout).toMatch(/✔ answered\nDone\.\n$/);
      process.stdout.write(process.env.DEMO_SHOW ? stdout : '');
    } finally {
      await vhost.drop();
    }
  },
  WAIT_MS,
);
