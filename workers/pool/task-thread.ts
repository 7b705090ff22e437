import { workerData } from 'node:worker_threads';
import { openTracing, systemClock, type Tracing } from '../../runtime';
import { mapTasks } from '../builtin';
import { autoretried, execute, failure, notRegistered, type Outcome, RunContext } from '../execution';
import { TaskRegistry } from '../registry';
import { loadTaskModules } from '../task-modules';
import { withBuffers } from './portable';
import { ThreadPort } from './thread-port';
import type { ThreadAnswer, ThreadCall, ThreadSetup } from './thread-protocol';
import { threadServices } from './thread-services';
import { outcomeToWire } from './wire-outcome';

type RunCall = Extract<ThreadCall, { kind: 'run' }>;

let loading: Promise<TaskRegistry> | undefined;
let tracing: Tracing | undefined;

/** What runs in a thread of the pool: piscina calls it with each message of the main thread. */
export async function runInThread(call: ThreadCall): Promise<ThreadAnswer> {
  const setup = workerData as ThreadSetup;
  loading ??= loadRegistry(setup);
  const registry = await loading;
  if (call.kind === 'load') return { kind: 'loaded', tasks: registry.names };
  const port = new ThreadPort(call.port);
  const outcome = await outcomeOf(call, registry, setup, port);
  await port.drained();
  return { kind: 'ended', outcome: outcomeToWire(outcome) };
}

/** The tasks of the modules, and Celery's that call them. */
async function loadRegistry({ taskModules }: ThreadSetup): Promise<TaskRegistry> {
  const registry = new TaskRegistry(await loadTaskModules(taskModules));
  // Where there is an SDK, the modules have brought it into this thread, or what the process was started with.
  tracing = openTracing();
  for (const task of mapTasks((name) => registry.get(name))) {
    if (registry.get(task.name) === undefined) registry.register(task);
  }
  return registry;
}

async function outcomeOf(
  call: RunCall,
  registry: TaskRegistry,
  setup: ThreadSetup,
  port: ThreadPort,
): Promise<Outcome> {
  const { request, ignoresResult } = call;
  const definition = registry.get(request.task);
  if (definition === undefined) return failure(notRegistered(request.task));
  withBuffers(request.args);
  withBuffers(request.kwargs);
  const run = {
    request,
    definition,
    ignoresResult,
    children: [],
    get signal() {
      return port.signal;
    },
  };
  const context = new RunContext(run, threadServices(setup, port));
  const outcome = await new Promise<Outcome>((resolve) => {
    const start = (): void => execute(run, context, systemClock, resolve);
    // The span is the main thread's; what the code makes here goes under it.
    if (tracing === undefined) start();
    else tracing.within(request.headers, start);
  });
  return autoretried(outcome, request, definition.settings, systemClock.now(), Math.random);
}
