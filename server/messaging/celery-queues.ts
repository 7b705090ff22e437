/** Learned names are bounded: a caller who submits to ever new queues must not grow the gateway. */
const MAX_LEARNED = 10_000;

/** Queues that Celery workers consume, as far as this process knows: configured ones, and those submitted to. */
export class CeleryQueues {
  private readonly learned = new Set<string>();

  constructor(private readonly configured: ReadonlySet<string>) {}

  add(name: string): void {
    if (this.configured.has(name) || this.learned.has(name)) return;
    if (this.learned.size < MAX_LEARNED) this.learned.add(name);
  }

  /** The configured ones first. */
  names(): readonly string[] {
    return [...this.configured, ...this.learned];
  }

  has(name: string): boolean {
    return this.configured.has(name) || this.learned.has(name);
  }
}
