import { type Child, type ChildOptions, startChild } from '../child';
import { untilReady } from '../until-ready';

/** A gateway that has reached its broker and read its streams. */
export interface ReadyGateway extends Child {
  readonly port: number;
  /** What each request has to say. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from the start of the process until it was ready. */
  readonly startMs: number;
}

/** @throws Error when it is not ready in time. */
export const startReadyGateway = async (options: ChildOptions, apiKey: string): Promise<ReadyGateway> => {
  const startedAt = performance.now();
  const child = await startChild(options);
  const port = Number(child.ready[1]);
  try {
    await untilReady(port);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { ...child, port, headers: { 'X-API-Key': apiKey }, startMs: performance.now() - startedAt };
};
