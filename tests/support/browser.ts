import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** `TEST_CHROMIUM`, set by `scripts/test`, else what is installed. */
function executable(): string {
  if (process.env.TEST_CHROMIUM) return process.env.TEST_CHROMIUM;
  for (const name of NAMES) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error('no Chromium: install one (apt-get install chromium), or set TEST_CHROMIUM');
}

/** A real browser without a window. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable(),
    // In a container there is no sandbox to be had and little shared memory; the pages are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    timeout: 60_000,
  });
}
