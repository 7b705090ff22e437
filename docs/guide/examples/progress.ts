import { defineTask } from 'celery-gateway';

/** Callers see PROGRESS with its meta where they see the state: `AsyncResult.info`, `GET /rabbitmq/tasks/{id}`. */
export const importRows = defineTask('guide.import_rows', { params: ['rows'] }, async (context, { rows }) => {
  const all = Array.isArray(rows) ? rows : [];
  for (const [done, row] of all.entries()) {
    await context.updateState('PROGRESS', { done, of: all.length });
    context.logger.info('row imported', { row });
  }
  return all.length;
});
