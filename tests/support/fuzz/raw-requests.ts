import { connect } from 'node:net';
import type { FuzzedRequest } from './operation-requests';
import type { Random } from './random';

const METHODS = ['GET', 'POST', 'BREW', '', 'CONNECT', 'OPTIONS', 'TRACE', 'PRI', 'get', 'G\u0000T'];
const TARGETS = [
  ...['/', '*', '/%', '//', '/health/live', '/rabbitmq/tasks/submit', 'http://x/', '/\u0000', '/a b'],
  ...['/health/live\t', '/..;/', `/${'a'.repeat(5000)}`, `/?${'a=b&'.repeat(2000)}`],
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.0', '', 'HTTP/1.1 '];
const HEADERS = [
  ...['Host: x', 'Host: x', 'Host: y', 'Content-Length: -1', 'Content-Length: 5', 'Content-Length: 5, 5'],
  ...[
    'Content-Length: 1e3',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: x',
    'Transfer-Encoding: gzip, chunked',
  ],
  ...['Expect: 100-continue', 'Expect: x', 'Upgrade: websocket', 'Upgrade: h2c', 'Connection: upgrade'],
  ...[
    `X: ${'a'.repeat(20_000)}`,
    ': y',
    'X',
    ' folded',
    'Content-Encoding: gzip',
    'Content-Type: application/json',
  ],
  ...['X: \u0000', 'Authorization: Bearer \u00ff', 'Transfer-Encoding : chunked'],
];
const BODIES = [
  '',
  'x',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '-1\r\n',
  '{}',
  '0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
];

/** What is no HTTP, or nearly: bytes, requests put together wrongly, and right ones with bytes changed. */
export function rawRequest(random: Random, right: FuzzedRequest): Buffer {
  switch (random.below(5)) {
    case 0:
      return Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256)));
    case 1:
    case 2:
      return Buffer.from(putTogether(random), 'latin1');
    default:
      return damaged(
        random,
        Buffer.concat([Buffer.from(headOf(right), 'latin1'), right.body ?? Buffer.alloc(0)]),
      );
  }
}

function putTogether(random: Random): string {
  const headers = Array.from({ length: random.below(6) }, () => random.pick(HEADERS));
  const first = `${random.pick(METHODS)} ${random.pick(TARGETS)} ${random.pick(VERSIONS)}`;
  return [first, ...headers, '', random.pick(BODIES)].join('\r\n');
}

const headOf = ({ method, path, headers, body }: FuzzedRequest): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
    '',
    '',
  ].join('\r\n');

/** Cut short, doubled, or with some bytes of it changed. */
function damaged(random: Random, bytes: Buffer): Buffer {
  if (random.oneIn(4)) return bytes.subarray(0, random.below(bytes.length + 1));
  if (random.oneIn(6)) return Buffer.concat([bytes, bytes]);
  const changed = Buffer.from(bytes);
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    changed[random.below(Math.min(changed.length, 300))] = random.below(256);
  }
  return changed;
}

/** Not to wait for streams that a damaged request opened, nor for answers that a half-closed one will not get. */
const LONG_ENOUGH_MS = 2000;

/** Sends the bytes, ends its half of the connection, and resolves with what came until the other half ended. */
export const sendRaw = (port: number, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(LONG_ENOUGH_MS, () => socket.destroy());
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (received.includes('text/event-stream')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(received));
  });
