import { defineTask } from 'celery-gateway';
import Joi from 'joi';

/** In Python: `def resize(image, width=800, *filters, quality=80, **tags)`. */
export const resize = defineTask(
  'guide.resize',
  {
    params: [
      'image',
      { name: 'width', default: 800 },
      '*filters',
      { name: 'quality', default: 80 },
      '**tags',
    ],
  },
  (_context, { image, width, filters, quality, tags }) => ({
    text: `${image} to ${width} px at ${quality} %`,
    filters,
    tags: Object.keys(tags),
  }),
);

interface Transfer {
  readonly account: string;
  readonly cents: number;
}

/** Checked, converted and typed: a call that does not fit fails as `ValueError`. */
export const transfer = defineTask(
  'guide.transfer',
  {
    params: ['account', 'cents'],
    schema: Joi.object<Transfer>({ account: Joi.string().required(), cents: Joi.number().integer().min(1) }),
  },
  (_context, { account, cents }) => `${(cents / 100).toFixed(2)} € to ${account}`,
);
