export type { CanvasDeps, CanvasServices, Settling } from './canvas-services';
export { type ChordHeritage, isHeritage } from './chord-heritage';
export { ChordReturns, chordError } from './chord-returns';
export { Errbacks } from './errbacks';
export { failureMeta } from './failure-meta';
export { FailurePropagation, type OwedPart } from './failure-propagation';
export {
  bodyPlan,
  callbackPlans,
  chainPlan,
  errbackPlan,
  type IdsOf,
  replacementOrigin,
  replacementPlan,
} from './next-steps';
export { lineage, type Origin, planContext, traced } from './origin';
export { chordMember, replacementOf } from './replacement';
export { type TraceContext, traceContext, withTrace } from './trace-context';
