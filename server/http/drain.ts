/**
 * Whether the gateway is stopping. Turned once; from then on readiness is 503, submissions are refused and long polls
 * are answered with what is known.
 */
export class Drain {
  private readonly controller = new AbortController();

  /** Aborts when the stop begins. */
  readonly signal: AbortSignal = this.controller.signal;

  get draining(): boolean {
    return this.signal.aborted;
  }

  begin(): void {
    this.controller.abort();
  }
}
