import { join } from 'node:path';
import { GatewayProcess } from '../processes';
import { until } from '../until';

/**
 * So small that a run fills each memory the gateway keeps within its first part: what grows from then on is not meant to.
 */
const SMALL_MEMORIES = {
  RESULT_MAX_ENTRIES: '500',
  TASK_HISTORY_LIMIT: '500',
  EVENT_STREAM_BACKLOG: '500',
  IDEMPOTENCY_MAX_ENTRIES: '500',
  REVOKE_MAX_ENTRIES: '500',
  WORKFLOW_MAX_ENTRIES: '100',
  GATEWAY_AUDIT_MAX_ENTRIES: '500',
  OPERATIONS_KEEP_SECONDS: '1',
  SCHEDULES_MAX: '20',
};

/** Whoever sends what nobody asked for is not to be sent away before it is looked at, nor to wait long for workers. */
const NO_LIMITS_SHORT_WAITS = {
  RATE_LIMIT_SUBMITS: '0',
  RATE_LIMIT_READS: '0',
  RATE_LIMIT_ADMIN: '0',
  RATE_LIMIT_FAILED_AUTH: '0',
  EVENT_STREAMS_PER_KEY: '1000',
  GATEWAY_WAIT_MAX_SECONDS: '1',
  CONTROL_TIMEOUT_MS: '50',
  // The broker may be slow, with other tests beside this one: that is not what is looked for.
  PUBLISHER_DEADLINE_MS: '60000',
  CONTROL_MAX_BROADCASTS: '100',
  GATEWAY_ACCESS_LOG: 'off',
};

export interface Memory {
  /** Bytes alive on the heap and beside it, after a full collection. */
  readonly alive: number;
  readonly rss: number;
  /** Processor time since the process began. */
  readonly cpuSeconds: number;
}

/** A gateway for fuzzing, in a process of its own. */
export const startFuzzedGateway = (
  brokerUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> =>
  GatewayProcess.start({
    brokerUrl,
    env: {
      ...SMALL_MEMORIES,
      ...NO_LIMITS_SHORT_WAITS,
      NODE_OPTIONS: `--require ${join(__dirname, 'heap-on-demand.cjs')}`,
      ...env,
    },
  });

/** What its memory holds now. */
export async function memoryOf({ process }: GatewayProcess): Promise<Memory> {
  const told = /alive after collection: (.*)/g;
  const before = [...process.output.matchAll(told)].length;
  process.writeLine('collect');
  const line = await until(() => [...process.output.matchAll(told)][before]?.[1], { timeoutMs: 60_000 });
  return JSON.parse(line) as Memory;
}
