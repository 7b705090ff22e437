export type { CanvasDeps, CanvasServices, Settling } from './canvas-services';
export { ChordReturns, chordError } from './chord-returns';
export { Errbacks } from './errbacks';
export { failureMeta } from './failure-meta';
export { FailurePropagation, type OwedPart } from './failure-propagation';
export { bodyPlan, callbackPlans, chainPlan, errbackPlan, replacementPlan } from './next-steps';
export { lineage, type Origin, planContext, traced } from './origin';
export { chordMember, replacementOf } from './replacement';
export { type TraceContext, traceContext, withTrace } from './trace-context';
