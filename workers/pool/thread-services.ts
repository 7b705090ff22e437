import type { SubmittedTask } from '../../celery/client';
import { systemClock } from '../../runtime';
import type { ContextServices } from '../execution';
import type { TaskLogger } from '../registry';
import { portableSubmission } from './portable';
import type { ThreadPort } from './thread-port';
import type { ThreadSetup } from './thread-protocol';

/** What a task's context uses of the outside, done by the main thread: connections, confirms and results are there. */
export function threadServices(setup: ThreadSetup, port: ThreadPort): ContextServices {
  return {
    nodename: setup.nodename,
    storesResults: setup.storesResults,
    clock: systemClock,
    logger: { child: () => portLogger(port) },
    sender: {
      submit: async (submission) =>
        (await port.request({ what: 'submit', submission: portableSubmission(submission) })) as SubmittedTask,
    },
    canvas: {
      publish: async (plan, routeName) =>
        void (await port.request({ what: 'publish-canvas', plan, routeName })),
    },
    chordParts: setup.countsChords
      ? {
          addToChord: async (groupId, member) =>
            void (await port.request({ what: 'add-to-chord', groupId, member })),
        }
      : undefined,
    publisher: {
      publish: async (request) => void (await port.request({ what: 'publish', request })),
    },
    exchanges: {
      ensure: async (name, type) => void (await port.request({ what: 'ensure-exchange', name, type })),
      // Nothing to wait for; that it was forgotten shows at the next publish.
      forget: (name) => void port.request({ what: 'forget-exchange', name }).catch(() => undefined),
    },
    results: {
      storeResult: async (_address, meta) => void (await port.request({ what: 'store-state', meta })),
    },
  };
}

/** The main thread adds the task's id and name. */
const portLogger = (port: ThreadPort): TaskLogger => ({
  debug: (message, meta) => port.log('debug', message, meta),
  info: (message, meta) => port.log('info', message, meta),
  warn: (message, meta) => port.log('warn', message, meta),
  error: (message, meta) => port.log('error', message, meta),
});
