import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
const READY_TIMEOUT_MS = 300_000;

const isReady = async (port: number): Promise<boolean> => {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
  await answer.arrayBuffer();
  return answer.status === 200;
};

/** Waits until a gateway has reached its broker and read its streams. @throws Error when it has not in time. */
export const untilReady = async (port: number): Promise<void> => {
  const startedAt = performance.now();
  while (!(await isReady(port))) {
    if (performance.now() - startedAt > READY_TIMEOUT_MS) throw new Error('the gateway did not get ready');
    await sleep(POLL_MS);
  }
};
