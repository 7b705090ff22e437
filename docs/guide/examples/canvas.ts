import { canvas, defineTask } from 'celery-gateway';

const { chord, s } = canvas;
const PRICES: Readonly<Record<string, number>> = { north: 12, south: 9, west: 10 };

export const price = defineTask('guide.price', { params: ['shop'] }, (_context, { shop }) => ({
  shop,
  price: PRICES[String(shop)] ?? null,
}));

export const cheapest = defineTask('guide.cheapest', { params: ['offers'] }, (_context, { offers }) => {
  const list = offers as readonly { readonly shop: string; readonly price: number }[];
  return list.reduce((best, offer) => (offer.price < best.price ? offer : best));
});

/** All shops are asked at the same time, in whatever language; what is returned is stored as Celery stores a result. */
export const compare = defineTask('guide.compare', { params: ['*shops'] }, (context, { shops }) =>
  context.apply(
    chord(
      shops.map((shop) => s('guide.price', shop)),
      s('guide.cheapest'),
    ),
  ),
);
