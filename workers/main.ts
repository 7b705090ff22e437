#!/usr/bin/env -S node --max-semi-space-size=4
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import {
  ConfigError,
  createLogger,
  installLogLevelSignal,
  type LogLevel,
  LogLevelSwitch,
  ProcessLifecycle,
  systemClock,
} from '../runtime';
import { banner } from './banner';
import { bootstrapWorker, VERSION } from './bootstrap';
import { overlay, workerCommand } from './command-line';
import { loadWorkerConfig } from './config';
import { logStream } from './log-stream';
import { stopAnnouncement } from './stop-announcement';
import { watchStrayErrors } from './stray-errors';
import { loadModules, TaskModuleError } from './task-modules';

/** The tasks that come with this package, when no others are named. */
const OWN_TASKS = join(__dirname, 'tasks');

/** Levels at which each task's receipt and end are logged. */
const LOGS_TASKS: ReadonlySet<LogLevel> = new Set(['info', 'http', 'debug']);

async function main(): Promise<void> {
  const command = workerCommand(VERSION).parse(process.argv);
  const config = loadWorkerConfig(overlay(process.env, command.opts()));
  boundHeap(config.heapGrowthPercent);
  const logger = createLogger({
    level: config.logLevel,
    format: config.logFile === null && process.stderr.isTTY ? 'pretty' : 'json',
    service: 'worker',
    ...(config.logFile === null ? {} : { stream: logStream(config.logFile) }),
  });
  const levels = new LogLevelSwitch({ logger, configured: config.logLevel, clock: systemClock });
  installLogLevelSignal(levels);
  const taskModules = config.taskModules.length > 0 ? config.taskModules : [OWN_TASKS];
  const { tasks, subscribers } = await loadModules(taskModules);
  process.stdout.write(`${banner(config, tasks.map((task) => task.name).sort(), VERSION)}\n`);

  const worker = bootstrapWorker({
    ...config,
    tasks,
    subscribers,
    taskModules,
    logger,
    logsTasks: () => LOGS_TASKS.has(levels.level),
  });
  const lifecycle = new ProcessLifecycle({
    parts: [
      { name: 'worker', start: () => worker.start(), stop: () => worker.stop(), kill: () => worker.kill() },
    ],
    deadlineMs: config.shutdownTimeoutMs,
    logger,
    clock: systemClock,
    exit: (code) => process.exit(code),
    announce: (stop, signal) => void process.stdout.write(stopAnnouncement(stop, signal)),
  });
  lifecycle.installSignals();
  const end = (): void => process.exit(1);
  watchStrayErrors(logger, () => void lifecycle.stop().then(end, end));
  process.on('SIGUSR1', () => worker.tellWork());
  void worker.shutdownRequested.then(() => process.kill(process.pid, 'SIGTERM'));
  try {
    await lifecycle.start();
  } catch (error) {
    // A stop while it still waits for the broker is no failure of the start.
    if (lifecycle.stopRequested) return;
    throw error;
  }
  process.stdout.write(`${config.nodename} ready.\n`);
  if (config.logFile !== null) logger.info(`${config.nodename} ready.`);
}

/**
 * By itself V8 lets the heap grow to several times what is alive before it collects: a worker of 40 MiB would take 160.
 * The size of its semi-spaces counts as much, and can only be given on the command line: see the first line.
 */
function boundHeap(growthPercent: number): void {
  if (growthPercent > 0) setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${isOperators(error) ? error.message : describe(error)}\n`);
  process.exit(1);
});

/** Errors of the command line and not of the program: their text is all there is to say. */
const isOperators = (error: unknown): error is Error =>
  error instanceof ConfigError || error instanceof TaskModuleError;

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
