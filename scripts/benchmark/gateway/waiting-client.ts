import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface WaitingRequest {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SUCCESS = '"status":"SUCCESS"';

/** One request on a raw socket whose answer is yet to come: thousands of them in one process have to cost little. */
export class WaitingClient {
  /** On the monotonic clock. Rejects when the answer is another than a task that has succeeded. */
  readonly answeredAt: Promise<number>;
  answered = false;
  /** What came so far. */
  text = '';

  private constructor(private readonly socket: Socket) {
    this.answeredAt = new Promise((resolve, reject) => {
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        const at = performance.now();
        this.answered = true;
        this.text += chunk;
        if (this.text.includes(SUCCESS)) resolve(at);
      });
      socket.once('error', reject);
      socket.once('close', () =>
        reject(new Error(`a waiting client was answered: ${this.text.slice(0, 1000)}`)),
      );
    });
    // Looked at only once all results are sent.
    this.answeredAt.catch(() => undefined);
  }

  /** Resolves when the request has been written. */
  static async open({ port, path, headers }: WaitingRequest): Promise<WaitingClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new WaitingClient(socket);
    await once(socket, 'connect');
    const lines = Object.entries({ Host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    return client;
  }

  close(): void {
    this.socket.destroy();
  }
}
