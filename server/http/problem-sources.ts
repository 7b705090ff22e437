import type { ProblemCode } from '../errors';
import { DIRECT_PROBLEMS } from './direct-problems';

/** Said by single routes only, which list them. */
const OF_SINGLE_ROUTES: ReadonlySet<string> = new Set<ProblemCode>([
  'MESSAGE_NOT_FOUND',
  'OPERATION_NOT_FOUND',
  'OPERATION_CONFLICT',
  'OPERATIONS_SATURATED',
  'POLICY_NOT_FOUND',
  'CONNECTION_NOT_FOUND',
  'REPLY_TIMEOUT',
]);

const reads = [
  'MESSAGING_DISABLED',
  'NOT_READY',
  'BROKER_UNREACHABLE',
  'CONNECTION_LOST',
  'CHANNEL_CLOSED',
  'ACCESS_REFUSED',
] as const satisfies readonly ProblemCode[];

const publishes = [
  ...reads,
  'CONNECTION_BLOCKED',
  'PUBLISH_NACKED',
  'PUBLISHER_SATURATED',
  'PUBLISH_UNKNOWN',
] as const satisfies readonly ProblemCode[];

const names = [
  'NAME_NOT_ALLOWED',
  'QUEUE_NOT_FOUND',
  'EXCHANGE_NOT_FOUND',
  'PRECONDITION_FAILED',
  'RESOURCE_LOCKED',
  'MESSAGE_INVALID',
] as const satisfies readonly ProblemCode[];

/**
 * What a handler does, and what may come of it: so a route says the former, and its problems follow. All of a kind of work are
 * listed where one is: which of the broker's failures a caller meets is the broker's choice.
 */
const SOURCES = {
  /** Asks the broker or the results, or what was read of its streams. */
  reads,
  /** Sends something that gateways or workers hear of. */
  publishes,
  /** Writes what all gateways remember. */
  remembers: [...publishes, 'CONCURRENT_CHANGE'],
  /** Sends tasks. */
  submits: [
    ...publishes,
    ...names,
    'UNROUTABLE',
    'QUEUE_SETTLING',
    'TASK_INVALID',
    'ARGUMENTS_INVALID',
    'CANVAS_UNSUPPORTED',
  ],
  /** Works queues, exchanges and messages by their names. */
  works: [
    ...publishes,
    ...names,
    'UNROUTABLE',
    'MESSAGE_NOT_A_TASK',
    ...(Object.keys(DIRECT_PROBLEMS) as ProblemCode[]).filter((code) => !OF_SINGLE_ROUTES.has(code)),
  ],
  /** Goes through a queue, one at a time: also to find a single message in it. */
  sweeps: ['OPERATIONS_SATURATED', 'OPERATION_CONFLICT', 'SHUTTING_DOWN'],
} as const satisfies Readonly<Record<string, readonly ProblemCode[]>>;

/** The problems of a handler: of what it does, and its own. */
export function problems(
  ...sources: readonly (keyof typeof SOURCES | ProblemCode)[]
): readonly ProblemCode[] {
  return sources.flatMap((source): readonly ProblemCode[] =>
    source in SOURCES ? SOURCES[source as keyof typeof SOURCES] : [source as ProblemCode],
  );
}
