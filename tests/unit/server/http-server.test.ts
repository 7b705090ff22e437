import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { silentLogger } from '../../../runtime';
import { Drain } from '../../../server/http/drain';
import { HttpServer, type HttpServerOptions } from '../../../server/http/http-server';

const OPTIONS: HttpServerOptions = {
  host: '127.0.0.1',
  port: 0,
  headersTimeoutMs: 200,
  requestTimeoutMs: 300,
  keepAliveTimeoutMs: 60_000,
  connectionsCheckIntervalMs: 20,
  maxHeaderBytes: 2048,
  maxConnections: 10,
  drainDelayMs: 0,
  finishMs: 2000,
};

interface Held {
  readonly server: HttpServer;
  readonly drain: Drain;
  /** Resolves when a request has arrived. */
  readonly arrived: Promise<void>;
  release(): void;
}

/** A server whose requests are answered when the test says so. */
function held(options: Partial<HttpServerOptions> = {}): Held {
  const drain = new Drain();
  let arrive: () => void = () => undefined;
  let release: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = new HttpServer({
    listener: (_req, res) => {
      arrive();
      void released.then(() => res.end('done'));
    },
    drain,
    logger: silentLogger(),
    options: { ...OPTIONS, ...options },
  });
  return { server, drain, arrived, release };
}

const answer = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, resolve).once('error', reject));

/** Everything the server sends until it closes the connection. */
function raw(server: HttpServer, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (data) => (received += data.toString()));
    socket.once('close', () => resolve(received));
    socket.once('error', reject);
  });
}

describe('HttpServer', () => {
  test('a stop lets a running request finish and refuses new connections', async () => {
    const { server, drain, arrived, release } = held();
    await server.start();
    const { url } = server;
    const running = answer(url);
    await arrived;
    const stopped = server.stop();
    expect(drain.draining).toBe(true);
    await new Promise(setImmediate);
    await expect(answer(url)).rejects.toThrow();
    release();
    expect((await running).statusCode).toBe(200);
    await stopped;
  });

  test('a request that does not end is cut off at the deadline', async () => {
    const { server, arrived } = held({ finishMs: 50 });
    await server.start();
    const running = answer(server.url);
    running.catch(() => undefined);
    await arrived;
    await server.stop();
    await expect(running).rejects.toThrow();
  });

  test('stop before start is allowed', async () => {
    await expect(held().server.stop()).resolves.toBeUndefined();
  });

  test('headers that trickle and headers that are too long are answered and cut', async () => {
    const { server, release } = held();
    release();
    await server.start();
    expect(await raw(server, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1.1 408/);
    expect(await raw(server, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(4096)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
    expect(await raw(server, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    await server.stop();
  });
});
