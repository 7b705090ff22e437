import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, type ChildOptions, startChild } from '../child';

/** A gateway that has reached its broker and read its streams. */
export interface ReadyGateway extends Child {
  readonly port: number;
  /** What each request has to say. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from the start of the process until it was ready. */
  readonly startMs: number;
}

const POLL_MS = 20;
const READY_TIMEOUT_MS = 300_000;

const isReady = async (port: number): Promise<boolean> => {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
  await answer.arrayBuffer();
  return answer.status === 200;
};

/** @throws Error when it is not ready in time. */
export const startReadyGateway = async (options: ChildOptions, apiKey: string): Promise<ReadyGateway> => {
  const startedAt = performance.now();
  const child = await startChild(options);
  const port = Number(child.ready[1]);
  while (!(await isReady(port))) {
    if (performance.now() - startedAt > READY_TIMEOUT_MS) {
      await child.stop();
      throw new Error('the gateway did not get ready');
    }
    await sleep(POLL_MS);
  }
  return { ...child, port, headers: { 'X-API-Key': apiKey }, startMs: performance.now() - startedAt };
};
