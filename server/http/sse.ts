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
  /** Bytes a slow reader may leave unread: then the stream ends, and the reader comes back where it was. Default 1 MiB. */
  readonly maxUnreadBytes?: number | undefined;
  /** How long such a reader may take to fetch what was written for it, its end included. Default 10 seconds. */
  readonly behindMs?: number | undefined;
}

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;
const MAX_UNREAD_BYTES = 1024 * 1024;
const BEHIND_MS = 10_000;

/** Sent last to a reader that does not keep up. */
const BEHIND: SseEvent = {
  event: 'behind',
  data: { detail: 'More has come than was read: come back, with Last-Event-ID where there are ids.' },
};

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
    this.heartbeat = setInterval(() => this.comment(), options.heartbeatMs ?? HEARTBEAT_MS);
    // The caller may have gone while the answer was prepared, and then nothing tells so any more.
    if (res.destroyed) {
      this.close();
      return;
    }
    res.statusCode = 200;
    res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    res.setHeader('Cache-Control', 'no-store');
    // nginx would hold events back until its buffer is full.
    res.setHeader('X-Accel-Buffering', 'no');
    res.write(`retry: ${options.retryMs ?? RETRY_MS}\n\n`);
    res.once('close', () => this.close());
    options.stopping.addEventListener('abort', this.onStopping, { once: true });
    if (options.stopping.aborted) this.onStopping();
    // Its answer is the headers: a caller would wait for the rest of them as long as the stream lasts.
    if (res.req.method === 'HEAD') this.end();
  }

  /** @returns false when the stream is over; nothing was sent then. */
  send(event: SseEvent): boolean {
    return this.write(this.textOf(event));
  }

  /** Ends the stream, with a last event if one is given, however much is unread. A caller that comes back should be answered 204, or it will again. */
  end(last?: SseEvent): void {
    if (this.over.aborted) return;
    this.close();
    this.res.end(last === undefined ? '' : this.textOf(last));
  }

  private comment(): void {
    this.write(':\n\n');
  }

  private write(text: string): boolean {
    if (this.over.aborted) return false;
    // Looked at before: one event alone may be as large as it is.
    if (this.res.writableLength > (this.options.maxUnreadBytes ?? MAX_UNREAD_BYTES)) {
      this.leaveBehind();
      return false;
    }
    this.res.write(text);
    return true;
  }

  private textOf({ event, id, data }: SseEvent): string {
    const { mask } = this.res.locals;
    return `${field('event', event)}${field('id', id)}data: ${dataLine(mask === undefined ? data : mask(data))}\n\n`;
  }

  /**
   * Ends the stream of a reader that does not keep up. What was written stays whole: cut off in the middle, a reader for whom a
   * single turn brings too much would come back to the same place forever. One that does not read at all loses its connection.
   */
  private leaveBehind(): void {
    this.close();
    const given = setTimeout(() => this.res.destroy(), this.options.behindMs ?? BEHIND_MS).unref();
    this.res.once('close', () => clearTimeout(given));
    this.res.end(this.textOf(BEHIND));
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
