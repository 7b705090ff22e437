import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayResponse } from '../../../server/http/request-context';
import { EventStream, type EventStreamOptions } from '../../../server/http/sse';
import { StreamLimit } from '../../../server/http/stream-limit';
import { EventStreamReader } from '../../support/event-stream';
import { until } from '../../support/until';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server whose only answer is a stream, and that stream. */
async function serve(options: Partial<EventStreamOptions> = {}) {
  const stopping = new AbortController();
  const streams: EventStream[] = [];
  const server = createServer((_req, res) => {
    const response = Object.assign(res, { locals: {} }) as unknown as GatewayResponse;
    streams.push(new EventStream(response, { stopping: stopping.signal, ...options }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stopping, stream: () => until(() => streams[0]) };
}

describe('EventStream', () => {
  test('sends id, type and data as one event each, whatever is in them', async () => {
    const { url, stream } = await serve();
    const reader = await EventStreamReader.open(url, {});
    const sent = await stream();
    sent.send({ event: 'a\nid: forged', id: 's1', data: { text: 'two\nlines', big: 2n ** 60n } });
    sent.send({ event: 'b', data: null });
    sent.end({ event: 'last', data: 1 });
    await reader.end();
    expect(reader.events).toEqual([
      { event: 'a id: forged', id: 's1', data: { text: 'two\nlines', big: '1152921504606846976' } },
      { event: 'b', id: 's1', data: null },
      { event: 'last', id: 's1', data: 1 },
    ]);
    expect(sent.send({ data: 'too late' })).toBe(false);
  });

  test('keeps a quiet stream alive by comments, unbuffered and uncached', async () => {
    const { url } = await serve({ heartbeatMs: 5 });
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toBe('no-store');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('\n\n:\n\n')) break;
    }
    expect(text).toMatch(/^retry: \d+\n\n:\n\n/);
  });

  test('ends with a last event when the gateway stops, and at once where it already does', async () => {
    const { url, stopping } = await serve();
    const reader = await EventStreamReader.open(url, {});
    stopping.abort();
    await reader.end();
    const late = await EventStreamReader.open(url, {});
    await late.end();
    expect([reader.types, late.types]).toEqual([['shutdown'], ['shutdown']]);
  });

  test('drops a reader that does not keep up', async () => {
    const { url, stream } = await serve({ maxUnreadBytes: 1000 });
    await fetch(url);
    const sent = await stream();
    const data = 'x'.repeat(100_000);
    for (let i = 0; i < 1000 && sent.send({ data }); i += 1);
    expect(sent.over.aborted).toBe(true);
  });
});

test('a caller may have so many streams, and one more when one is over', () => {
  const limit = new StreamLimit({ perCaller: 1, total: 2 });
  const over = new AbortController();
  limit.take('a').until(over.signal);
  expect(() => limit.take('a')).toThrow(expect.objectContaining({ code: 'TOO_MANY_STREAMS' }));
  limit.take('b').until(new AbortController().signal);
  expect(() => limit.take('c')).toThrow(expect.objectContaining({ code: 'TOO_MANY_STREAMS' }));
  over.abort();
  expect(limit.size).toBe(1);
  limit.take('a');
});
