import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { FuzzedRequest } from './operation-requests';

/** What came back. */
export interface FuzzedAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  /** How it ended: whole, cut off in the middle, or left by us because it would go on. */
  readonly end: 'whole' | 'cut off' | 'left';
}

/** Nothing the gateway was set up for takes as long, however busy the machine is. */
const NO_ANSWER_MS = 180_000;

/** A client with its own connections, kept from one request to the next. */
export class FuzzClient {
  private readonly agent: Agent;

  constructor(
    private readonly port: number,
    connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' });
  }

  /**
   * Resolves with the answer. An event stream is left after `readStreamsMs` of it, 0 being the first bytes.
   * @throws the socket's error where there was no answer, or none in time.
   */
  send(request: FuzzedRequest, readStreamsMs = 0): Promise<FuzzedAnswer> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        agent: this.agent,
        host: '127.0.0.1',
        port: this.port,
        method: request.method,
        path: request.path,
        headers: { ...request.headers, ...lengthOf(request) },
      });
      const deadline = setTimeout(() => sent.destroy(new Error('no answer in time')), NO_ANSWER_MS);
      const done = (answer: FuzzedAnswer): void => {
        clearTimeout(deadline);
        resolve(answer);
      };
      sent.on('error', (error) => {
        clearTimeout(deadline);
        reject(error);
      });
      sent.on('response', (response) => {
        if (isStream(response)) followStream(response, readStreamsMs, done);
        else gather(response, done);
      });
      sent.end(request.body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

const lengthOf = ({ method, body }: FuzzedRequest): Record<string, number> =>
  body === undefined && method !== 'POST' ? {} : { 'Content-Length': body?.length ?? 0 };

const isStream = ({ headers }: IncomingMessage): boolean =>
  headers['content-type']?.startsWith('text/event-stream') === true;

function gather(response: IncomingMessage, done: (answer: FuzzedAnswer) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  response.once('close', () =>
    done({
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'],
      body: Buffer.concat(chunks).toString(),
      end: response.complete ? 'whole' : 'cut off',
    }),
  );
}

function followStream(response: IncomingMessage, readMs: number, done: (answer: FuzzedAnswer) => void): void {
  let left = false;
  const chunks: Buffer[] = [];
  const leave = (): void => {
    left ||= !response.complete;
    response.destroy();
  };
  const timer = readMs === 0 ? undefined : setTimeout(leave, readMs);
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (readMs === 0) leave();
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    clearTimeout(timer);
    const ending = response.complete ? 'whole' : 'cut off';
    done({
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'],
      body: Buffer.concat(chunks).toString(),
      end: left ? 'left' : ending,
    });
  });
}
