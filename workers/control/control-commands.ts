import { type ControlCommand, NO_REPLY } from '../../celery/control';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import { consumerCommands } from './consumer-commands';
import { debugCommands } from './debug-commands';
import { eventCommands } from './event-commands';
import { inspectCommands } from './inspect-commands';
import { limitCommands } from './limit-commands';
import { poolCommands } from './pool-commands';
import { revokeCommands } from './revoke-commands';
import type { WorkerView } from './worker-view';

/** The command table of this worker's mailbox (contract 5.2). */
export const controlCommands = (worker: WorkerView): ReadonlyMap<string, ControlCommand> =>
  new Map(
    Object.entries({
      ...inspectCommands(worker),
      ...revokeCommands(worker),
      ...poolCommands(worker),
      ...limitCommands(worker),
      ...consumerCommands(worker),
      ...eventCommands(worker),
      ...debugCommands(worker),
      // Celery's elections crash a lone Python worker and hang with one that does not vote: never taken part in.
      ...boundCommand('election', ['id', 'topic', optional('action'), ANY_OTHER], () => null),
      shutdown: () => {
        worker.shutdown();
        return NO_REPLY;
      },
    } satisfies Record<string, ControlCommand>),
  );
