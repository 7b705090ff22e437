import type { Canvas, ChainSignature, ChordSignature, GroupSignature } from './canvas';

/** Stamps by name. `stamped_headers`, where given, says which of them are stamps; without it all are. */
export type Stamps = Readonly<Record<string, unknown>>;

/**
 * Decides the stamp of each signature in a canvas, like Celery's `StampingVisitor`; only `onSignature` is required. Each method
 * gets the signature as it is and the stamps handed down so far, and answers the stamps to add. Without `onChordHeaderStart`
 * a chord's header is stamped as the group it is, through `onGroupStart` and `onGroupEnd`.
 */
export interface StampingVisitor {
  onSignature(signature: Canvas, stamps: Stamps): Stamps | undefined;
  onGroupStart?(group: GroupSignature, stamps: Stamps): Stamps | undefined;
  onGroupEnd?(group: GroupSignature, stamps: Stamps): void;
  onChainStart?(chain: ChainSignature, stamps: Stamps): Stamps | undefined;
  onChainEnd?(chain: ChainSignature, stamps: Stamps): void;
  onChordHeaderStart?(chord: ChordSignature, stamps: Stamps): Stamps | undefined;
  onChordHeaderEnd?(chord: ChordSignature, stamps: Stamps): void;
  onChordBody?(chord: ChordSignature, stamps: Stamps): Stamps | undefined;
  onCallback?(callback: Canvas, stamps: Stamps): Stamps | undefined;
  onErrback?(errback: Canvas, stamps: Stamps): Stamps | undefined;
}
