import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Logger, silentLogger } from '../../../runtime';
import type { TaskDefinition } from '../../../workers';
import { bootstrapWorker, type WorkerParts } from '../../../workers/bootstrap';
import type { CeleryWorker } from '../../../workers/celery-worker';

const MODULE = join(__dirname, '..', '..', 'fixtures', 'tasks', 'thread-tasks.js');
const THREAD_ENTRY = join(__dirname, '..', '..', 'support', 'thread-entry.js');

const tasks = Object.values(jest.requireActual<Record<string, unknown>>(MODULE)).filter(
  (value): value is TaskDefinition => typeof value === 'object' && value !== null && 'invoke' in value,
);

/** A worker with a pool of threads that run the fixture's tasks; not started. */
export const threadsWorker = (
  broker: string,
  queue: string,
  parts: Partial<WorkerParts> = {},
  logger: Logger = silentLogger(),
): CeleryWorker =>
  bootstrapWorker({
    tasks,
    brokerUrls: [broker],
    resultBackend: 'rpc://',
    resultExpiresSeconds: 3600,
    nodename: `t${randomUUID().slice(0, 8)}@test`,
    queues: [queue],
    concurrency: 2,
    prefetchMultiplier: 4,
    taskEvents: true,
    logsTasks: false,
    mingle: false,
    gossip: false,
    logger,
    pool: 'threads',
    taskModules: [MODULE],
    threadEntry: THREAD_ENTRY,
    ...parts,
  });
