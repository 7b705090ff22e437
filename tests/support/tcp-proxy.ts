import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `stall` keeps bytes back without closing anything, as a cut cable does; none is ever lost. */
export type ProxyMode = 'pass' | 'stall' | 'refuse';

/** A TCP proxy in front of a broker, to break the link in ways a broker cannot. */
export class TcpProxy {
  /** Connections accepted so far. */
  accepted = 0;
  #mode: ProxyMode = 'pass';
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, targetPort);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const socket of this.#sockets) {
      if (mode === 'stall') socket.pause();
      else if (mode === 'refuse') socket.destroy();
      else socket.resume();
    }
  }

  /** Resets every connection there is; new ones are accepted. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    if (this.#mode === 'refuse') {
      client.destroy();
      return;
    }
    const broker = connect(this.targetPort, '127.0.0.1');
    this.#join(client, broker);
    this.#join(broker, client);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#mode === 'stall') from.pause();
  }
}
