import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Towards the broker, or back from it. */
export type Way = 'up' | 'down';

/** As much as a link holds that is slower than those who write to it. */
const HELD_BYTES = 64 * 1024;
const LOOK_MS = 10;

/** A link to a broker that is slow, late, one-way or faulty: what networks do and a broker cannot. It never loses a byte. */
export class BadLink {
  /** One way, each. */
  latencyMs = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Ways on which nothing comes through, until it does. */
  readonly stalled = new Set<Way>();
  /** Ways on which the next bytes arrive changed; once. */
  readonly corrupted = new Set<Way>();
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => {
      const broker = connect(Number(target.port || 5672), target.hostname);
      this.#join(client, broker, 'up');
      this.#join(broker, client, 'down');
    });
  }

  static async to(brokerUrl: string): Promise<BadLink> {
    const server = createServer();
    const link = new BadLink(server, new URL(brokerUrl));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  /** The broker's URL, by this link. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Takes every fault away: from here on bytes go through at once, both ways. */
  heal(): void {
    this.latencyMs = 0;
    this.bytesPerSecond = Number.POSITIVE_INFINITY;
    this.stalled.clear();
    this.corrupted.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(from: Socket, to: Socket, way: Way): void {
    const waiting: { readonly at: number; readonly bytes: Buffer }[] = [];
    let held = 0;
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      waiting.push({ at: performance.now() + this.latencyMs, bytes });
      held += bytes.length;
      if (held > HELD_BYTES) from.pause();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    const carry = async (): Promise<void> => {
      while (!to.destroyed) {
        const next = waiting[0];
        if (next === undefined || this.stalled.has(way) || performance.now() < next.at) {
          await sleep(next === undefined ? 1 : LOOK_MS / 2);
          continue;
        }
        waiting.shift();
        held -= next.bytes.length;
        if (held <= HELD_BYTES) from.resume();
        await this.#write(to, next.bytes, way);
      }
    };
    void carry();
  }

  async #write(to: Socket, bytes: Buffer, way: Way): Promise<void> {
    if (this.corrupted.delete(way)) bytes.fill(0xa5);
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY) {
      to.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length && !to.destroyed; ) {
      const size = Math.max(1, Math.floor((this.bytesPerSecond * LOOK_MS) / 1000));
      to.write(bytes.subarray(at, at + size));
      at += size;
      await sleep(LOOK_MS);
    }
  }
}
