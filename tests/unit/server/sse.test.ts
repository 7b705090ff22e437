import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
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
  let closed = false;
  const server = createServer((_req, res) => {
    const response = Object.assign(res, { locals: {} }) as unknown as GatewayResponse;
    streams.push(new EventStream(response, { stopping: stopping.signal, ...options }));
    res.once('close', () => {
      closed = true;
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stopping, stream: () => until(() => streams[0]), closed: () => closed };
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

  test('ends in order for a reader that gets more at once than it may leave unread: it has all that was sent', async () => {
    const { url, stream } = await serve({ maxUnreadBytes: 100_000 });
    const reader = await EventStreamReader.open(url, {});
    const sent = await stream();
    let count = 0;
    // In one turn of the event loop: nobody could have read any of it.
    while (sent.send({ id: `s${count}`, data: 'x'.repeat(1000) })) count += 1;
    await reader.end();
    expect(count).toBeGreaterThan(90);
    expect(reader.events).toHaveLength(count + 1);
    expect(reader.events.at(-1)).toMatchObject({ event: 'behind', id: `s${count - 1}` });
  });

  test('is its headers only for a HEAD', async () => {
    const { url, stream } = await serve();
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe('');
    expect((await stream()).over.aborted).toBe(true);
  });

  test('sends a single event and the last one whatever their size', async () => {
    const { url, stream } = await serve({ maxUnreadBytes: 1000 });
    const reader = await EventStreamReader.open(url, {});
    const sent = await stream();
    const data = 'x'.repeat(100_000);
    expect(sent.send({ event: 'task', data })).toBe(true);
    sent.end({ event: 'end', data });
    await reader.end();
    expect(reader.types).toEqual(['task', 'end']);
  });

  test('cuts off a reader that does not read at all', async () => {
    const { url, stream, closed } = await serve({ maxUnreadBytes: 1000, behindMs: 10 });
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    );
    socket.pause();
    const sent = await stream();
    // More than the buffers of both ends hold.
    expect(sent.send({ data: 'x'.repeat(30_000_000) })).toBe(true);
    expect(sent.send({ data: 'no more' })).toBe(false);
    expect(sent.over.aborted).toBe(true);
    await until(closed);
    socket.destroy();
  });

  test('is over from the start for a caller who has gone meanwhile', async () => {
    let opened: EventStream | undefined;
    const server = createServer((_req, res) => {
      res.once('close', () => {
        const response = Object.assign(res, { locals: {} }) as unknown as GatewayResponse;
        opened = new EventStream(response, { stopping: new AbortController().signal });
      });
      _req.socket.destroy();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).catch(() => undefined);
    const stream = await until(() => opened);
    expect(stream.over.aborted).toBe(true);
    expect(stream.send({ data: 1 })).toBe(false);
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
