/**
 * Whether a consumer needs a fresh prefetch because messages held until their ETA took too much of it. RabbitMQ counts per
 * consumer, so consuming anew gives the whole base again while the held ones stay unacknowledged: the sum is Python's, base
 * plus held (celery/worker/strategy.py `qos.increment_eventually`), and nobody prefetches more than the base of what is due.
 * Half the base stays free, or a burst of ETA messages starves the others. Pure.
 *
 * @param base concurrency × multiplier; 0 is no limit
 * @param held messages this consumer received since it last began, and which are held now
 */
export const needsFreshPrefetch = (base: number, held: number): boolean =>
  base > 0 && base - held < Math.ceil(base / 2);
