import { canvas, defineTask } from 'celery-gateway';

const { chain, s } = canvas;

export const render = defineTask(
  'guide.render',
  { params: ['page'] },
  (_context, { page }) => `<p>${page}</p>`,
);

export const compress = defineTask('guide.compress', { params: ['html'] }, (_context, { html }) => ({
  bytes: Buffer.byteLength(String(html)),
}));

export const publish = defineTask(
  'guide.publish_page',
  {
    params: ['page'],
    onReplace: (context) => context.logger.info('rendered by others'),
  },
  async (context, { page }) => {
    if (page === '') return null;
    // Its caller gets the chain's result, under this task's id; this run stores none.
    return context.replace(chain(s('guide.render', page), s('guide.compress')));
  },
);
