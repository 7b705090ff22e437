import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { type BenchTask, taskMessage } from './task-message';

export interface Preload {
  readonly queue: string;
  readonly marks: string;
  readonly task: Pick<BenchTask, 'name' | 'args'>;
  /** Run before the first mark: compilers and caches get warm outside of the measured time. */
  readonly warmUpTasks: number;
  readonly tasks: number;
  readonly replyTo: string;
  readonly ignoreResult: boolean;
}

const BATCH = 1_000;

const confirmEach = async (channel: ConfirmChannel, count: number, send: () => void): Promise<void> => {
  for (let sent = 0; sent < count; sent += BATCH) {
    for (let i = sent; i < Math.min(count, sent + BATCH); i += 1) send();
    await channel.waitForConfirms();
  }
};

/** Fills the queue: warm-up tasks, the `start` mark, the tasks to measure, the `end` mark. */
export const preload = async (connection: ChannelModel, load: Preload): Promise<void> => {
  const channel = await connection.createConfirmChannel();
  const send = (name: string, args: readonly unknown[]): void => {
    const message = taskMessage({
      id: randomUUID(),
      name,
      args,
      replyTo: load.replyTo,
      ignoreResult: load.ignoreResult || name === 'bench.mark',
    });
    channel.sendToQueue(load.queue, message.content, message.options);
  };
  await channel.assertQueue(load.queue, { durable: true });
  await confirmEach(channel, load.warmUpTasks, () => send(load.task.name, load.task.args));
  send('bench.mark', [load.marks, 'start']);
  await confirmEach(channel, load.tasks, () => send(load.task.name, load.task.args));
  send('bench.mark', [load.marks, 'end']);
  await channel.waitForConfirms();
  await channel.close();
};

export type Mark = 'start' | 'end';

/** Waits for the two marks and returns the milliseconds between them; `onMark` is called as each arrives. */
export const timeBetweenMarks = async (
  connection: ChannelModel,
  marks: string,
  timeoutMs: number,
  onMark: (mark: Mark) => void = () => {},
): Promise<{ readonly elapsedMs: Promise<number> }> => {
  const channel = await connection.createChannel();
  await channel.assertQueue(marks, { durable: true });
  await channel.purgeQueue(marks);
  let timer: NodeJS.Timeout | undefined;
  const arrived = new Promise<number>((resolve, reject) => {
    let startedAt = 0;
    timer = setTimeout(() => reject(new Error(`no end mark within ${timeoutMs} ms`)), timeoutMs);
    channel
      .consume(
        marks,
        (message) => {
          const at = performance.now();
          const started = message?.content.toString() === '"start"';
          onMark(started ? 'start' : 'end');
          if (started) startedAt = at;
          else resolve(at - startedAt);
        },
        { noAck: true },
      )
      .catch(reject);
  });
  const measure = async (): Promise<number> => {
    try {
      return await arrived;
    } finally {
      clearTimeout(timer);
      await channel.close();
    }
  };
  return { elapsedMs: measure() };
};
