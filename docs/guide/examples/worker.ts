import { createWorker, defineTask } from 'celery-gateway';

const add = defineTask('guide.add', { params: ['x', 'y'] }, (_context, { x, y }) => Number(x) + Number(y));

const worker = createWorker({
  tasks: [add],
  broker: process.env.CELERY_BROKER_URL ?? 'amqp://guest:guest@127.0.0.1:5672/',
});
process.once('SIGTERM', () => void worker.stop());
void worker.start();
