import { defineTask } from 'celery-gateway';

export const order = defineTask('guide.order', { params: ['articles'] }, async (context, { articles }) => {
  const packing: string[] = [];
  for (const article of Array.isArray(articles) ? articles : []) {
    // This task becomes the parent, and both have the same root. It is with RabbitMQ once this resolves.
    const { taskId } = await context.sendTask({ name: 'guide.pack', args: [article] });
    packing.push(taskId);
  }
  return packing;
});

export const packed: { readonly article: unknown; readonly parent: string | null }[] = [];

export const pack = defineTask('guide.pack', { params: ['article'] }, (context, { article }) => {
  packed.push({ article, parent: context.request.parentId });
});
