import { randomUUID } from 'node:crypto';
import type { ChannelModel, Options } from 'amqplib';
import { STREAMS, SUBMIT_QUEUE } from '../subjects';
import { taskMessage } from '../task-message';

interface Message {
  readonly content: Buffer;
  readonly options: Options.Publish;
}

const NAMES = ['reports.daily', 'reports.weekly', 'mail.send', 'images.resize', 'billing.charge'] as const;
const WINDOW = 2_000;
/** One in so many has failed, one in so many has not ended. */
const FAILED_EVERY = 10;
const UNFINISHED_EVERY = 25;

/** A result as a worker sends it (celery/backends/rpc.py `_to_result`). */
export const resultMessage = (taskId: string, status: 'SUCCESS' | 'FAILURE'): Message => {
  const result =
    status === 'SUCCESS'
      ? { rows: 42, ok: true }
      : { exc_type: 'TimeoutError', exc_message: ['the bank did not answer'], exc_module: 'builtins' };
  const traceback = status === 'SUCCESS' ? null : 'Traceback (most recent call last): ...';
  return {
    content: Buffer.from(JSON.stringify({ task_id: taskId, status, result, traceback, children: [] })),
    options: {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: taskId,
      deliveryMode: 2,
    },
  };
};

/** The copy of a submission, as RabbitMQ puts it on the stream. */
const submissionMessage = (taskId: string, number: number): Message => {
  const name = NAMES[number % NAMES.length] as string;
  const message = taskMessage({ id: taskId, name, args: [number, `customer-${number % 1000}`] });
  const headers = {
    ...(message.options.headers as object),
    argsrepr: `(${number}, 'customer-${number % 1000}')`,
    // As a record that was written apart from its task says where that went.
    gateway_destination: JSON.stringify(['', SUBMIT_QUEUE]),
  };
  return { content: message.content, options: { ...message.options, headers } };
};

/** Of so many recorded tasks, those without a result. */
export const unfinishedOf = (tasks: number): number => Math.ceil(tasks / UNFINISHED_EVERY);

/** Writes submissions to the gateway's streams, nearly each with its result behind it: close to two records a task. */
export const recordTasks = async (connection: ChannelModel, tasks: number): Promise<void> => {
  const channel = await connection.createConfirmChannel();
  const send = (stream: string, { content, options }: Message): void => {
    channel.sendToQueue(stream, content, options);
  };
  for (let number = 0; number < tasks; number += 1) {
    const taskId = randomUUID();
    send(STREAMS.submissions, submissionMessage(taskId, number));
    if (number % UNFINISHED_EVERY !== 0)
      send(STREAMS.results, resultMessage(taskId, number % FAILED_EVERY === 1 ? 'FAILURE' : 'SUCCESS'));
    if (number % WINDOW === WINDOW - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await channel.close();
};
