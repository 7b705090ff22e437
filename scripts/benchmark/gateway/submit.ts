import { median } from '../statistics';
import { BESIDE_FLOWER, type BesideFlower } from '../subjects';
import { measureSubmit } from '../submit';
import type { GatewayBench } from './bench';

/** Median submissions per second at {@link CONNECTIONS}. */
export type BesideFlowerFigures = Readonly<Record<BesideFlower, number>>;

export const CONNECTIONS = 64;

/** The gateway with everything on, between a server that does nothing and what Celery users have for the same. */
export const benchBesideFlower = async (bench: GatewayBench): Promise<BesideFlowerFigures> => {
  const rates: Record<BesideFlower, number[]> = { bare: [], flower: [], gateway: [] };
  for (let round = 1; round <= bench.plan.rounds; round += 1) {
    for (const subject of BESIDE_FLOWER) {
      bench.progress.step(`gateway, submit: ${subject}, round ${round}`);
      rates[subject].push((await measureSubmit(bench, subject, CONNECTIONS)).perSecond);
    }
  }
  return { bare: median(rates.bare), flower: median(rates.flower), gateway: median(rates.gateway) };
};
