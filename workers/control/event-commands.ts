import type { ControlCommand } from '../../celery/control';
import { boundCommand } from './bound-command';
import type { WorkerView } from './worker-view';

/** `enable_events`, `disable_events` and `heartbeat`; none of them takes arguments in Python either. */
export const eventCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => ({
  ...boundCommand('enable_events', [], () => ({
    ok: worker.enableEvents() ? 'task events enabled' : 'task events already enabled',
  })),
  ...boundCommand('disable_events', [], () => ({
    ok: worker.disableEvents() ? 'task events disabled' : 'task events already disabled',
  })),
  ...boundCommand('heartbeat', [], () => {
    worker.heartbeat();
    return null;
  }),
});
