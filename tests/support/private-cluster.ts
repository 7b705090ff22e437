import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from './cleanup';
import { PrivateBroker } from './private-broker';

/**
 * Three private nodes in one cluster.
 * @param partitions what a node does that sees fewer than half of the others: `pause_minority` or `ignore`
 * @param config further lines of rabbitmq.conf
 */
export async function privateCluster(
  cleanup: Cleanup,
  partitions: 'pause_minority' | 'ignore',
  config: readonly string[] = [],
): Promise<readonly [PrivateBroker, PrivateBroker, PrivateBroker]> {
  const cookie = randomBytes(10).toString('hex').toUpperCase();
  const node = () =>
    cleanup.stops(
      PrivateBroker.create((directory) => {
        writeFileSync(join(directory, '.erlang.cookie'), cookie, { mode: 0o400 });
        return [`cluster_partition_handling = ${partitions}`, ...config];
      }),
    );
  const [first, second, third] = await Promise.all([node(), node(), node()]);
  for (const other of [second, third]) {
    await other.ctl('stop_app');
    await other.ctl('reset');
    await other.ctl('join_cluster', first.name);
    await other.ctl('start_app');
  }
  return [first, second, third];
}
