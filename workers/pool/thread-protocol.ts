import type { MessagePort } from 'node:worker_threads';
import type { PublishRequest } from '../../amqp';
import type { TaskSubmission } from '../../celery/client';
import type { CanvasPlan, TaskMeta, TaskRequest } from '../../celery/protocol';
import type { WireError } from './wire-error';
import type { WireOutcome } from './wire-outcome';

/** What every thread of a pool is told when it starts (`workerData`). */
export interface ThreadSetup {
  /** Paths or package names; each thread loads them for itself. */
  readonly taskModules: readonly string[];
  readonly nodename: string;
  readonly storesResults: boolean;
  /** The result backend counts chords. */
  readonly countsChords: boolean;
}

/** What the main thread asks of a thread: to load its modules, or to run a task. */
export type ThreadCall =
  | { readonly kind: 'load' }
  | {
      readonly kind: 'run';
      readonly request: TaskRequest;
      readonly ignoresResult: boolean;
      /** This run's own line: a late word of an earlier run cannot be taken for one of this. */
      readonly port: MessagePort;
    };

export type ThreadAnswer =
  | { readonly kind: 'loaded'; readonly tasks: readonly string[] }
  | { readonly kind: 'ended'; readonly outcome: WireOutcome };

/** What a running task has done for it in the main thread, which has the connections. */
export type ThreadAction =
  | { readonly what: 'submit'; readonly submission: TaskSubmission }
  | { readonly what: 'publish-canvas'; readonly plan: CanvasPlan; readonly routeName: string | undefined }
  | { readonly what: 'add-to-chord'; readonly groupId: string; readonly member: string }
  | { readonly what: 'publish'; readonly request: PublishRequest }
  | { readonly what: 'store-state'; readonly meta: TaskMeta }
  | { readonly what: 'ensure-exchange'; readonly name: string; readonly type: string }
  | { readonly what: 'forget-exchange'; readonly name: string };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** From the thread, on the run's port. */
export type FromThread =
  | { readonly kind: 'action'; readonly id: number; readonly action: ThreadAction }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: object | undefined;
    };

/** To the thread, on the run's port. */
export type ToThread =
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'abort'; readonly reason: WireError };
