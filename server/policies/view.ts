import type { ManagedPolicy } from '../messaging';

export function policyView(policy: ManagedPolicy): object {
  return {
    policy_name: policy.name,
    pattern: policy.pattern,
    apply_to: policy['apply-to'],
    priority: policy.priority,
    definition: policy.definition,
  };
}
