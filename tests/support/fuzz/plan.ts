import type { FuzzedOperation } from './operation-requests';
import { Random } from './random';

/** What asks the broker for each of many names, or makes a large answer each time. */
const SLOW: ReadonlySet<string> = new Set([
  ...['listExchanges', 'listQueues', 'listDeadLetterQueues', 'getExchange', 'setUpDeadLetters', 'getMetrics'],
  ...['declarePartitionedQueue', 'getOpenApi', 'getDocsFile', 'listCatalogue'],
]);
/** What works on one channel, one after the other: a refusal of the broker costs it, and all that wait for it. */
const ONE_BY_ONE: ReadonlySet<string> = new Set([
  ...['declareQueue', 'declareExchange', 'deleteQueue', 'deleteExchange', 'bind', 'unbind', 'getQueueInfo'],
  ...['peekQueue', 'takeMessages', 'getQueuedMessage', 'removeQueuedMessage', 'purgeQueue', 'purgeMessages'],
  ...['moveMessages', 'copyMessages', 'listDeadLetters', 'getDeadLetter', 'exportDeadLetters'],
  ...['importDeadLetters', 'replayDeadLetters', 'discardDeadLetters'],
]);
/** Of a run of 50,000: each of the slow ones some 50 times, of the next ones 200, of the others 600. */
const SHARES = { slow: 1, oneByOne: 4, other: 12 };

/** What of a plan is to be sent side by side, so that what is slow does not hold up what is not. */
export interface Lane {
  readonly atOnce: number;
  /** Requests by their place in the plan. */
  readonly indices: Uint32Array;
}

const shareOf = ({ id }: FuzzedOperation): number => {
  if (SLOW.has(id)) return SHARES.slow;
  return ONE_BY_ONE.has(id) ? SHARES.oneByOne : SHARES.other;
};

/** Which operation each request of a run is for: all of them, in an order that the seed tells. */
export function planOf(seed: number, count: number, operations: readonly FuzzedOperation[]): Uint16Array {
  const tickets = operations.flatMap((operation, index) => Array(shareOf(operation)).fill(index) as number[]);
  const plan = Uint16Array.from({ length: count }, (_, at) => Number(tickets[at % tickets.length]));
  const random = new Random(seed, -1);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [plan[at], plan[other]] = [Number(plan[other]), Number(plan[at])];
  }
  return plan;
}

/** The two lanes of a part of a plan. */
export function lanesOf(
  plan: Uint16Array,
  [from, end]: readonly [number, number],
  operations: readonly FuzzedOperation[],
): readonly Lane[] {
  const slow: number[] = [];
  const quick: number[] = [];
  for (let index = from; index < end; index += 1) {
    const operation = operations[Number(plan[index])] as FuzzedOperation;
    (shareOf(operation) === SHARES.other ? quick : slow).push(index);
  }
  return [
    { atOnce: 16, indices: Uint32Array.from(slow) },
    { atOnce: 128, indices: Uint32Array.from(quick) },
  ];
}
