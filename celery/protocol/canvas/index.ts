export {
  type Canvas,
  type ChainSignature,
  type ChordSignature,
  type GroupSignature,
  isChain,
  isChord,
  isGroup,
  type TaskSignature,
} from './canvas';
export {
  type CanvasResult,
  type GroupResultId,
  type ResultTuple,
  resultFromTuple,
  resultTuple,
  type TaskResultId,
  taskResult,
} from './canvas-result';
export { chordSize } from './chord-size';
export {
  chain,
  chord,
  clone,
  type FrozenCanvas,
  freeze,
  group,
  link,
  linkError,
  pipe,
  type StampOptions,
  s,
  set,
  si,
  stamp,
} from './compose';
export type { FreezeContext, FreezeParts } from './freeze-parts';
export { fromDict } from './from-dict';
export { chunks, chunksGroup, isChunks, routeNameOf, xmap, xstarmap } from './maps';
export { signatureOptionsOf, taskOptionsOf } from './option-names';
export { begunBy, planCanvas } from './plan';
export type {
  ApplyCall,
  CanvasPlan,
  ChordSizeStep,
  ChordStep,
  PlanContext,
  PlanStep,
  TaskStep,
} from './plan-step';
export type { StampingVisitor, Stamps } from './stamping-visitor';
