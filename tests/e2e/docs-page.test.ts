import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser';
import { keyOf } from '../support/gateway-app';
import { type RunningGateway, startGateway } from '../support/running-gateway';

const PATIENCE_MS = 30_000;

let gateway: RunningGateway;
let browser: Browser;

beforeAll(async () => {
  // What needs a broker answers a problem; the page does not care.
  gateway = await startGateway({ RABBITMQ_ENABLED: 'false' });
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

test('the page shows the operations and sends a request with a key, asking nobody but the gateway', async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const refused: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text());
  });
  page.on('pageerror', (error) => refused.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(gateway.url) && !url.startsWith('data:')) elsewhere.push(url);
  });

  await page.goto(`${gateway.url}/docs/`);
  expect(page.url()).toBe(`${gateway.url}/docs`);
  await page.locator('.opblock-tag[data-tag="tasks"]').click();
  const operation = page.locator('#operations-tasks-submitTask');
  await operation.waitFor();
  expect(await operation.locator('.opblock-summary-description').innerText()).toBe('Submit a task');

  await page.locator('.auth-wrapper button.authorize').first().click();
  await page.locator('.auth-container input').last().fill(keyOf('submitter'));
  await page.locator('.auth-container button.authorize').last().click();
  await page.locator('.auth-container button.btn-done').last().click();

  await operation.locator('.opblock-summary-control').click();
  const answered = page.waitForResponse((response) => response.url().endsWith('/rabbitmq/tasks/submit'));
  await operation.locator('button.execute').click();
  const response = await answered;
  // The key was taken and the example of the document was acceptable: only the broker is missing.
  expect(response.request().headers()['x-api-key']).toBe(keyOf('submitter'));
  expect(response.status()).toBe(503);
  expect((await response.json()).code).toBe('MESSAGING_DISABLED');

  expect(elsewhere).toEqual([]);
  expect(refused.filter((text) => !text.includes('503'))).toEqual([]);
}, 180_000);

test('the page runs under a policy that allows only what the gateway itself serves, and no script within', async () => {
  const { headers } = await fetch(`${gateway.url}/docs`);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const other = await fetch(`${gateway.url}/openapi.json`);
  expect(other.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  expect((await fetch(`${gateway.url}/docs/package.json`)).status).toBe(400);
});
