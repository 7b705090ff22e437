import { GatewayError, inputError } from '../errors';
import {
  type ManagedPolicy,
  type ManagementClient,
  type NamePolicy,
  type PolicyDefinition,
  requiredManagement,
} from '../messaging';

export interface PolicyServiceDeps {
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'policies' | 'putPolicy' | 'deletePolicy'> | undefined;
  readonly names: Pick<NamePolicy, 'checkQueue'>;
}

/** Settings RabbitMQ applies to queues by name. Without the management API all methods throw MANAGEMENT_NOT_CONFIGURED. */
export class PolicyService {
  constructor(private readonly deps: PolicyServiceDeps) {}

  list(): Promise<readonly ManagedPolicy[]> {
    return this.management('Listing policies').policies();
  }

  /** Creates or replaces it. @throws GatewayError REQUEST_INVALID for a pattern that would touch internal queues. */
  async put(name: string, policy: PolicyDefinition): Promise<void> {
    await this.check(policy.pattern).putPolicy(name, policy);
  }

  /** Whether one of this pattern may be set; what sets it. @throws GatewayError REQUEST_INVALID. */
  check(pattern: string): NonNullable<PolicyServiceDeps['management']> {
    const management = this.management('Setting a policy');
    checkPattern(pattern);
    return management;
  }

  /** @throws GatewayError POLICY_NOT_FOUND. */
  async delete(name: string): Promise<void> {
    if (await this.management('Deleting a policy').deletePolicy(name)) return;
    throw new GatewayError('POLICY_NOT_FOUND', `There is no policy ${name}.`);
  }

  private management(what: string): NonNullable<PolicyServiceDeps['management']> {
    return requiredManagement(this.deps.management, what);
  }
}

/** Queues of the gateway and of Celery's control, of which a policy could drop messages. */
const INTERNAL_SAMPLES = [
  'celery-gateway.results',
  'celery-gateway.submissions',
  'celery@host.celery.pidbox',
  'celeryev.receiver',
  'amq.gen-x',
] as const;

/** @throws GatewayError REQUEST_INVALID. RabbitMQ's patterns are PCRE; those that are none here are refused as well. */
function checkPattern(pattern: string): void {
  const problem = (detail: string): Error =>
    inputError('REQUEST_INVALID', 'The pattern is not acceptable.', [{ pointer: '/pattern', detail }]);
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, 'u');
  } catch {
    throw problem('is not a regular expression');
  }
  const touched = INTERNAL_SAMPLES.find((name) => compiled.test(name));
  if (touched !== undefined) throw problem(`would apply to internal queues such as ${touched}`);
}
