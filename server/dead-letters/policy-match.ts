import type { ManagedPolicy } from '../messaging';

/** The pattern that matches this queue and no other. */
export const exactPattern = (queue: string): string => `^${queue.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;

/** The policy that applies to a queue: of those that match, the one of the highest priority. */
export function applyingPolicy(policies: readonly ManagedPolicy[], queue: string): ManagedPolicy | undefined {
  const matching = policies.filter(
    (policy) => policy['apply-to'] !== 'exchanges' && matches(policy.pattern, queue),
  );
  return matching.sort((a, b) => b.priority - a.priority)[0];
}

/** RabbitMQ's patterns are PCRE: what JavaScript cannot read is taken not to match. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(name);
  } catch {
    return false;
  }
}
