import { setTimeout as sleep } from 'node:timers/promises';
import { type HeldTaskLog, TaskLogs } from '../../celery';
import { GatewayError } from '../errors';
import { StreamLimit } from '../http/stream-limit';
import { messagingDisabled, type TaskKnowledge } from '../messaging';
import { logRoutes, monitorRoutes, ResultForgetting, streamRoutes, TaskList, TaskStreams } from '../monitor';
import { isNarrowed } from '../security/principal';
import { isReady, statusView, TaskArgumentsReader, taskStatus } from '../tasks';
import type { Feature, FeatureContext } from './feature';
import type { BrokerParts } from './messaging';
import { ownersOf } from './owners';

type StreamDeps = Parameters<typeof streamRoutes>[0];

const LOOK_EVERY_MS = 100;

/** Waits for the replay of the logs: before its end nobody can say what a caller has missed. */
function caughtUp({ messaging }: FeatureContext): StreamDeps['caughtUp'] {
  return async (signal) => {
    while (!signal.aborted && !messaging.health().ready) {
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
    }
  };
}

/** Answers as the route of the task does. */
function answers({ messaging, clock }: FeatureContext, broker: BrokerParts): StreamDeps['answerOf'] {
  const given = new TaskArgumentsReader(broker);
  const statusOf = (taskId: string, known: TaskKnowledge) => taskStatus(taskId, known, clock.now());
  const find = async (taskId: string) => statusOf(taskId, await messaging.findTask(taskId, true));
  return async (taskId, waitMs, signal) => {
    const first = await find(taskId);
    if (first === undefined) throw new GatewayError('TASK_NOT_FOUND', `The task ${taskId} is not known.`);
    const waits = waitMs > 0 && !isReady(first.status);
    const ended = waits ? await messaging.awaitTask(taskId, waitMs, signal) : null;
    const found = waits ? ((ended ? statusOf(taskId, ended) : await find(taskId)) ?? first) : first;
    return { finished: isReady(found.status), body: statusView(found, await given.of(found.task)) };
  };
}

function refuse(): never {
  throw messagingDisabled();
}

function disabled({ drain }: FeatureContext): Feature {
  const unused = { visibleTo: () => undefined };
  const streams = {
    ...unused,
    streams: new TaskStreams({
      history: { get: refuse, subscribe: refuse, since: refuse, position: '', argumentsOf: refuse },
    }),
    limit: { take: refuse },
    caughtUp: async () => undefined,
    answerOf: async () => refuse(),
    stopping: drain.signal,
  };
  const list = { list: refuse };
  const forgetting = { forget: async () => refuse() };
  const logs = logRoutes({ logsOf: async () => refuse() });
  return { routes: [...monitorRoutes({ ...unused, list, forgetting }), ...logs, ...streamRoutes(streams)] };
}

const NO_LINES: HeldTaskLog = { lines: [], truncated: false };

/** Undefined where the operator wants none. */
function taskLogs({ config, logger }: FeatureContext, broker: BrokerParts): TaskLogs | undefined {
  if (!config.TASK_LOGS_ENABLED) return undefined;
  return new TaskLogs({
    connection: broker.connections.consume,
    topology: broker.topology,
    maxAgeSeconds: config.TASK_LOGS_MAX_AGE_SECONDS,
    maxStreamBytes: config.TRAFFIC_STREAMS_MAX_BYTES || undefined,
    logger,
  });
}

/** Lists of tasks, their changes as they happen, and forgetting results. */
export function monitor(context: FeatureContext): Feature {
  const { config, access, broker, drain } = context;
  if (broker === undefined) return disabled(context);
  const { history, results, records, publisher } = broker;
  const ownerOf = ownersOf(broker);
  const visibleTo: StreamDeps['visibleTo'] = (principal) =>
    principal === undefined || !isNarrowed(principal)
      ? undefined
      : ({ taskId }) => access.permissions.maySee(principal, ownerOf(taskId));
  const forgetting = new ResultForgetting({ ...results, records, publisher, history });
  const logs = taskLogs(context, broker);
  const answerOf = answers(context, broker);
  const logsOf = async (taskId: string): Promise<HeldTaskLog> => {
    const held = logs?.get(taskId) ?? NO_LINES;
    // A task without lines is told from one nobody knows.
    if (held.lines.length === 0) await answerOf(taskId, 0, drain.signal);
    return held;
  };
  return {
    parts:
      logs === undefined ? [] : [{ name: 'task logs', start: () => logs.start(), stop: () => logs.stop() }],
    routes: [
      ...logRoutes({ logsOf }),
      ...monitorRoutes({ list: new TaskList({ history }), forgetting, visibleTo }),
      ...streamRoutes({
        streams: new TaskStreams({ history }),
        limit: new StreamLimit({ perCaller: config.EVENT_STREAMS_PER_KEY, total: config.EVENT_STREAMS_MAX }),
        caughtUp: caughtUp(context),
        answerOf,
        visibleTo,
        stopping: drain.signal,
      }),
    ],
  };
}
