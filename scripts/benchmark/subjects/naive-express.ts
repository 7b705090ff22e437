import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect } from 'amqplib';
import express from 'express';
import { taskMessage } from '../task-message';

/**
 * What one writes in an afternoon: one confirm channel, and each request publishes and waits until everything on it is
 * confirmed. No key, no validation, no record, no mandatory flag, no deadline.
 */
const main = async (): Promise<void> => {
  const [url = '', queue = ''] = process.argv.slice(2);
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true });
  const app = express();
  app.use(express.json());
  app.post('/submit', async (request, response) => {
    const { task_name: name, args } = request.body as { task_name: string; args: unknown[] };
    const message = taskMessage({ name, args, id: randomUUID() });
    channel.sendToQueue(queue, message.content, message.options);
    await channel.waitForConfirms();
    response
      .status(202)
      .json({ task_id: message.options.correlationId, status: 'PENDING', result: null, error: null });
  });
  const server = app.listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
  });
  process.once('SIGTERM', () => process.exit(0));
};

void main();
