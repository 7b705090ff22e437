import type { Request } from 'express';
import type { GatewayResponse } from './request-context';

/** One event of a stream (WHATWG HTML, server-sent events). */
export interface SseEvent {
  /** `message` when absent. */
  readonly event?: string;
  /** Where to go on from: the caller sends it back as `Last-Event-ID`. Absent or empty leaves the last one standing. */
  readonly id?: string | undefined;
  /** Sent as JSON. */
  readonly data: unknown;
}

export interface EventStreamOptions {
  /** Aborts when the gateway stops: the stream then says `shutdown` and ends. */
  readonly stopping: AbortSignal;
  /** Between comments that keep proxies from closing a quiet stream. Default 15 seconds. */
  readonly heartbeatMs?: number | undefined;
  /** How long a caller whose stream broke waits before it comes back. Default 2 seconds. */
  readonly retryMs?: number | undefined;
  /** Bytes a slow reader may leave unread before it is dropped, to come back where it was. Default 1 MiB. */
  readonly maxUnreadBytes?: number | undefined;
}

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;
const MAX_UNREAD_BYTES = 1024 * 1024;

/** The id the caller saw last; undefined for a caller who comes for the first time. */
export function lastEventId(req: Request): string | undefined {
  const id = req.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** JSON has no line break outside of its texts, and inside it is escaped: one `data:` line holds any value. */
function dataLine(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}

/** A line break in a field would begin another one. */
function field(name: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : `${name}: ${value.replace(/[\r\n\0]/g, ' ')}\n`;
}

/** One answer that stays open and sends events: with heartbeats, bounded towards slow readers, ended when the gateway stops. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly gone = new AbortController();

  /** Aborts when the stream is over, whoever ended it. */
  readonly over: AbortSignal = this.gone.signal;

  constructor(
    private readonly res: GatewayResponse,
    private readonly options: EventStreamOptions,
  ) {
    res.statusCode = 200;
    res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    res.setHeader('Cache-Control', 'no-store');
    // nginx would hold events back until its buffer is full.
    res.setHeader('X-Accel-Buffering', 'no');
    res.write(`retry: ${options.retryMs ?? RETRY_MS}\n\n`);
    this.heartbeat = setInterval(() => this.comment(), options.heartbeatMs ?? HEARTBEAT_MS);
    res.once('close', () => this.close());
    options.stopping.addEventListener('abort', this.onStopping, { once: true });
    if (options.stopping.aborted) this.onStopping();
  }

  /** @returns false when the stream is over; nothing was sent then. */
  send({ event, id, data }: SseEvent): boolean {
    const { mask } = this.res.locals;
    return this.write(
      `${field('event', event)}${field('id', id)}data: ${dataLine(mask === undefined ? data : mask(data))}\n\n`,
    );
  }

  /** Ends the stream, with a last event if one is given. A caller that comes back should be answered 204, or it will again. */
  end(last?: SseEvent): void {
    if (this.over.aborted) return;
    if (last !== undefined) this.send(last);
    this.close();
    this.res.end();
  }

  private comment(): void {
    this.write(':\n\n');
  }

  private write(text: string): boolean {
    if (this.over.aborted) return false;
    this.res.write(text);
    if (this.res.writableLength <= (this.options.maxUnreadBytes ?? MAX_UNREAD_BYTES)) return true;
    this.close();
    this.res.destroy();
    return false;
  }

  private readonly onStopping = (): void => {
    this.end({ event: 'shutdown', data: { detail: 'The gateway is stopping; another replica goes on.' } });
  };

  private close(): void {
    if (this.over.aborted) return;
    clearInterval(this.heartbeat);
    this.options.stopping.removeEventListener('abort', this.onStopping);
    this.gone.abort();
  }
}
