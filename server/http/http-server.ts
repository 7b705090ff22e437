import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle, Logger } from '../../runtime';
import type { Drain } from './drain';

/** A certificate chain and its key, PEM. */
export interface ServerCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly connectionsCheckIntervalMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Between readiness turning 503 and the listener closing. */
  readonly drainDelayMs: number;
  /** Requests still unfinished this long after the listener closed lose their connection. */
  readonly finishMs: number;
}

export interface HttpServerDeps {
  readonly listener: RequestListener;
  readonly drain: Drain;
  /** Serves HTTPS, and nothing else, where it is given. */
  readonly certificate?: ServerCertificate | undefined;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly options: HttpServerOptions;
}

/** The listening socket: bounded in every direction, and stopped without cutting a request short. */
export class HttpServer implements Lifecycle {
  private readonly server: Server | TlsServer;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly deps: HttpServerDeps) {
    const { options, listener } = deps;
    const bounds = {
      headersTimeout: options.headersTimeoutMs,
      // Node refuses a shorter one than that of the headers.
      requestTimeout: Math.max(options.requestTimeoutMs, options.headersTimeoutMs),
      keepAliveTimeout: options.keepAliveTimeoutMs,
      connectionsCheckingInterval: options.connectionsCheckIntervalMs,
      maxHeaderSize: options.maxHeaderBytes,
      noDelay: true,
    };
    const tls = { minVersion: 'TLSv1.2', handshakeTimeout: options.headersTimeoutMs } as const;
    this.server =
      deps.certificate === undefined
        ? createServer(bounds, listener)
        : createTlsServer({ ...bounds, ...tls, ...deps.certificate }, listener);
    // A caller that kept its connection would lose the next request when the listener closes.
    this.server.prependListener('request', (_request, response) => {
      if (deps.drain.draining) response.shouldKeepAlive = false;
    });
    this.server.maxConnections = options.maxConnections;
  }

  /** Where it listens, once started. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    const scheme = this.deps.certificate === undefined ? 'http' : 'https';
    return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** @throws the system's error when the port is taken. */
  start(): Promise<void> {
    this.starting ??= new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.deps.options.port, this.deps.options.host, () => {
        this.server.off('error', reject);
        this.deps.logger.info('listening', { url: this.url });
        resolve();
      });
    });
    return this.starting;
  }

  /** Takes another certificate for the connections to come: a renewal needs no restart. @throws for one that is no pair. */
  renew(certificate: ServerCertificate): void {
    if ('setSecureContext' in this.server) this.server.setSecureContext(certificate);
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async close(): Promise<void> {
    const { drain, options, logger } = this.deps;
    drain.begin();
    if (!this.server.listening) return;
    await sleep(options.drainDelayMs);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const deadline = setTimeout(() => {
      logger.warn('requests were cut off by the stop deadline');
      this.server.closeAllConnections();
    }, options.finishMs);
    // A connection that turns idle only now would otherwise be kept until its keep-alive ends.
    const idle = setInterval(() => this.server.closeIdleConnections(), 50);
    await closed;
    clearTimeout(deadline);
    clearInterval(idle);
  }
}
