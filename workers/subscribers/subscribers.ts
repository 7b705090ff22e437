import type { Subscriber } from './subscriber';

/** All subscribers of a worker: they start, drain and stop together. */
export class Subscribers {
  constructor(private readonly all: readonly Subscriber[]) {}

  /** Resolves once all consume. */
  async start(): Promise<void> {
    await Promise.all(this.all.map((subscriber) => subscriber.start()));
  }

  async drain(): Promise<void> {
    await Promise.all(this.all.map((subscriber) => subscriber.drain()));
  }

  abort(reason: Error): void {
    for (const subscriber of this.all) subscriber.abort(reason);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((subscriber) => subscriber.stop()));
  }
}
