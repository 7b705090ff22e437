import { connect, type Socket } from 'node:net';

/**
 * A lean HTTP load: each connection sends the same request again as soon as the answer is whole. Raw sockets, since on a
 * small machine a generator that parses HTTP fully takes the processor from what it measures.
 */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  /** Answers per second within the measured time. */
  readonly perSecond: number;
  /** Of the measured answers, those with a status other than 2xx. */
  readonly failed: number;
  readonly firstFailure: string | undefined;
  readonly latenciesMs: readonly number[];
}

const HEAD_END = Buffer.from('\r\n\r\n');

const requestBytes = ({ path, headers, body }: Load): Buffer => {
  const lines = Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
};

/** Length of the whole answer at the start of `bytes`, or 0 while it is not there yet. */
const answerLength = (bytes: Buffer): number => {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, headEnd));
  if (length === null) throw new Error('an answer without Content-Length cannot be counted');
  const total = headEnd + HEAD_END.length + Number(length[1]);
  return bytes.length >= total ? total : 0;
};

export const runLoad = async (load: Load): Promise<LoadResult> => {
  const request = requestBytes(load);
  const latenciesMs: number[] = [];
  let failed = 0;
  let firstFailure: string | undefined;
  const measureFrom = performance.now() + load.warmUpMs;
  const measureUntil = measureFrom + load.durationMs;

  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = performance.now();
      let pending: Buffer | undefined;
      socket.on('data', (chunk: Buffer) => {
        const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
        const length = answerLength(bytes);
        if (length === 0) {
          pending = bytes;
          return;
        }
        pending = undefined;
        const now = performance.now();
        if (now >= measureFrom && now < measureUntil) {
          latenciesMs.push(now - sentAt);
          // "HTTP/1.1 2xx": the status' first digit is at byte 9.
          if (bytes[9] !== 0x32) {
            failed += 1;
            firstFailure ??= bytes.toString('utf8', 0, length);
          }
        }
        if (now >= measureUntil) {
          socket.end();
          resolve();
          return;
        }
        sentAt = now;
        socket.write(request);
      });
      socket.once('error', reject);
      socket.once('close', () => resolve());
      socket.write(request);
    });

  await Promise.all(
    Array.from({ length: load.connections }, () => {
      const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
      return drive(socket);
    }),
  );
  return { perSecond: (latenciesMs.length * 1000) / load.durationMs, failed, firstFailure, latenciesMs };
};
