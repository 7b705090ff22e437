import { GatewayError } from '../errors';

export interface StreamLimitOptions {
  /** Streams one caller may have open. */
  readonly perCaller: number;
  /** Streams of all callers together. */
  readonly total: number;
}

/** Counts open event streams: each holds a connection, which a caller could otherwise take up without end. */
export class StreamLimit {
  private readonly open = new Map<string, number>();
  private all = 0;

  constructor(private readonly options: StreamLimitOptions) {}

  /** Open streams of all callers. */
  get size(): number {
    return this.all;
  }

  /**
   * Takes a place for as long as the signal has not aborted.
   * @throws GatewayError TOO_MANY_STREAMS.
   */
  take(caller: string): { readonly until: (over: AbortSignal) => void } {
    const { perCaller, total } = this.options;
    const mine = this.open.get(caller) ?? 0;
    if (mine >= perCaller || this.all >= total) {
      const whose = mine >= perCaller ? `This key has ${mine}` : 'The gateway has as many as it may have';
      throw new GatewayError('TOO_MANY_STREAMS', `${whose} event streams open.`, { retryable: true });
    }
    this.open.set(caller, mine + 1);
    this.all += 1;
    const leave = (): void => this.leave(caller);
    return {
      until: (over) => {
        if (over.aborted) leave();
        else over.addEventListener('abort', leave, { once: true });
      },
    };
  }

  private leave(caller: string): void {
    const left = (this.open.get(caller) ?? 1) - 1;
    if (left === 0) this.open.delete(caller);
    else this.open.set(caller, left);
    this.all -= 1;
  }
}
