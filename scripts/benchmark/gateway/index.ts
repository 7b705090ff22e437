import { type BatchFigures, benchBatch } from './batch';
import type { GatewayBench } from './bench';
import { benchHistory, type HistoryFigures } from './history';
import { type BesideFlowerFigures, benchBesideFlower } from './submit';
import { benchWaiters, type WaiterFigures } from './waiters';

export { BATCH_SUBJECTS } from './batch';
export type { GatewayBench } from './bench';

export interface GatewayFigures {
  readonly submit: BesideFlowerFigures;
  readonly batch: BatchFigures;
  readonly waiters: WaiterFigures;
  readonly history: HistoryFigures;
}

/** Measurements of waiting clients and of the history. */
export const SINGLE_STEPS = 3;

/** What the gateway adds to a broker, and what it costs. */
export const benchGateway = async (bench: GatewayBench): Promise<GatewayFigures> => ({
  submit: await benchBesideFlower(bench),
  batch: await benchBatch(bench),
  waiters: await benchWaiters(bench),
  history: await benchHistory(bench),
});
