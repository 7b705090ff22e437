export { ChordJoiner, type ChordJoinerOptions } from './chord-joiner';
export { CHORD_QUEUE } from './chord-queue';
export { RpcChordCounter, type RpcChordCounterOptions } from './rpc-chord-counter';
