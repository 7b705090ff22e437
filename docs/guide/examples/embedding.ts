import { createWorker, defineTask, type Worker } from 'celery-gateway';

const greet = defineTask(
  'guide.greet',
  { params: ['name'] },
  (context, { name }) => `${context.hostname} greets ${name}`,
);

/** A worker inside of another program, with a remote control command of its own. */
export const startGreeter = async (broker: string): Promise<Worker> => {
  const worker = createWorker({
    tasks: [greet],
    broker,
    queues: ['guide.greetings'],
    hostname: 'greeter@%h',
    concurrency: 20,
    commands: { mood: () => ({ ok: 'cheerful' }) },
  });
  await worker.start();
  return worker;
};
