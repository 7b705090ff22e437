import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeadLetterLine } from '../../../../server/dead-letters/line';
import { sendExport } from '../../../../server/dead-letters/ndjson';
import type { GatewayResponse } from '../../../../server/http/request-context';
import type { Operation } from '../../../../server/operations';

let server: Server;
afterEach(() => server.close());

/** An operation that fails after so many lines. */
const failing = (lines: number) => async (write: (line: DeadLetterLine) => Promise<void>) => {
  for (let left = lines; left > 0; left -= 1) await write({ payload: 'x' } as unknown as DeadLetterLine);
  return {
    ended: async () => undefined,
    cancel: () => undefined,
    snapshot: () => ({ state: 'failed', error: { code: 'QUEUE_NOT_FOUND', detail: 'The queue is gone.' } }),
  } as unknown as Operation;
};

/** Asks for the export, whose problem is answered as its text. */
async function ask(begin: ReturnType<typeof failing>): Promise<Response> {
  server = createServer((_req, res) => {
    const { signal } = new AbortController();
    sendExport(res as unknown as GatewayResponse, begin, signal).catch((error: Error) => {
      res.statusCode = 503;
      res.end(error.message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('an export that breaks before its first line is answered with why', async () => {
  const answer = await ask(failing(0));
  expect([answer.status, await answer.text()]).toEqual([503, 'The queue is gone.']);
});

test('one that breaks later is cut off, so that nobody takes it for the whole', async () => {
  const answer = await ask(failing(1));
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow('terminated');
});
