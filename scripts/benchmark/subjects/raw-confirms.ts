import { randomUUID } from 'node:crypto';
import { type ConfirmChannel, connect } from 'amqplib';
import { taskMessage } from '../task-message';

/** What the publisher's process reports of itself. */
export interface PublishReport {
  readonly perSecond: number;
  /** Processor time of the publishing process, in microseconds a message. */
  readonly cpuMicros: number;
}

/** Publishes to a queue, mandatory, with at most `window` messages awaiting their confirm. */
const publishAll = (channel: ConfirmChannel, queue: string, stream: string, count: number, window: number) =>
  new Promise<void>((resolve, reject) => {
    let sent = 0;
    let confirmed = 0;
    const send = (): void => {
      sent += 1;
      const { content, options } = taskMessage({ id: randomUUID(), name: 'bench.noop', args: [sent, 3] });
      const recorded = stream === '' ? {} : { BCC: [stream] };
      const headers = { ...(options.headers as object), ...recorded };
      channel.publish('', queue, content, { ...options, headers, mandatory: true }, (error: unknown) => {
        if (error !== null) return reject(error);
        confirmed += 1;
        if (confirmed === count) resolve();
        else if (sent < count) send();
      });
    };
    for (let first = 0; first < Math.min(window, count); first += 1) send();
  });

/** amqplib and nothing else: the most that one confirming publisher can do, with a record in a stream or without. */
const main = async (): Promise<void> => {
  const [url = '', queue = '', stream = '', count = '0', window = '1'] = process.argv.slice(2);
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await publishAll(channel, queue, stream, Number(window), Number(window));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await publishAll(channel, queue, stream, Number(count), Number(window));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  await connection.close();
  const report: PublishReport = {
    perSecond: (Number(count) * 1000) / elapsedMs,
    cpuMicros: (user + system) / Number(count),
  };
  process.stdout.write(JSON.stringify(report));
};

void main();
