import type { CanvasPublisher, Repeat } from '../../celery/client';
import type { TaskRequest } from '../../celery/protocol';
import type { ChordParts, ResultReader, ResultWriter } from '../../celery/results';
import type { Clock, Logger } from '../../runtime';
import type { TaskContext, TaskDefinition } from '../registry';
import type { IdsOf } from './next-steps';

/** What continuing a canvas uses of the outside. */
export interface CanvasServices {
  readonly canvas: Pick<CanvasPublisher, 'publish'>;
  /** Where chords are counted; undefined with a backend that counts none (rpc): the gateway joins those. */
  readonly chordParts: ChordParts | undefined;
  /** Reads results; undefined with a backend that a worker cannot read (rpc). */
  readonly reader: Pick<ResultReader, 'getTaskMeta'> | undefined;
  readonly results: Pick<ResultWriter, 'storeResult'>;
  readonly storesResults: boolean;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
}

export interface CanvasDeps {
  readonly services: CanvasServices;
  /** Tasks this worker knows: an errback of these may run right here. */
  readonly taskOf: (name: string) => TaskDefinition | undefined;
  readonly newId: () => string;
  /** Ids that come out the same each time the same thing is begun. */
  readonly idsOf: IdsOf;
}

/** The settling of one run, as far as what it continues is concerned. */
export interface Settling {
  readonly request: TaskRequest;
  /** Does a thing, again while the broker or the result backend is away. */
  readonly repeat: Repeat;
  /** For errbacks that run in this worker. */
  readonly context: () => TaskContext;
}
