import type { ConfirmPublisher } from '../../amqp';
import type { CanvasPublisher, CeleryClient } from '../../celery/client';
import type { ChordParts, ResultReader, ResultWriter } from '../../celery/results';
import type { Clock, Logger } from '../../runtime';
import type { ExchangeDeclarations } from './exchange-declarations';

/** Sends a task and resolves once RabbitMQ confirmed it. */
export type TaskSender = Pick<CeleryClient, 'submit'>;

/** What a running task, and the settling of it, may use of the outside. */
export interface TaskServices {
  readonly nodename: string;
  readonly sender: TaskSender;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly exchanges: Pick<ExchangeDeclarations, 'ensure' | 'forget'>;
  readonly results: Pick<ResultWriter, 'storeResult'>;
  /** False with `disabled://`: nothing is built for a result nobody stores. */
  readonly storesResults: boolean;
  readonly canvas: Pick<CanvasPublisher, 'publish'>;
  /** Where chords are counted; undefined with a backend that counts none (rpc): the gateway joins those. */
  readonly chordParts: ChordParts | undefined;
  /** Reads results; undefined with a backend a worker cannot read (rpc). */
  readonly reader: Pick<ResultReader, 'getTaskMeta'> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}
