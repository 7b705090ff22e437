import { defineTask } from 'celery-gateway';

export const language = defineTask(
  'guide.language',
  { params: ['text'] },
  (_context, { text }) => `typescript: ${text}`,
);
