import { hasCode, QueueError, type Topology } from '../../amqp';
import { GatewayError } from '../errors';
import type { ManagedPolicy, ManagementClient, NamePolicy } from '../messaging';
import { type QueueOptions, queueArguments } from '../queues';
import { DEAD_LETTER_EXCHANGE, type DeadLetterQueues, deadLetterQueueOf } from './dead-letter-queues';

export interface SetupServiceDeps {
  readonly topology: Pick<
    Topology,
    | 'declareExchange'
    | 'ensureExchange'
    | 'declareQueue'
    | 'ensureQueue'
    | 'bindQueue'
    | 'queueStatus'
    | 'queueArguments'
  >;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'queue' | 'policies' | 'putPolicy'> | undefined;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly queues: Pick<DeadLetterQueues, 'remember'>;
}

export interface SetupCommand {
  readonly queue: string;
  /** `auto`: by policy where the management API is there, else by arguments. */
  readonly by: 'auto' | 'policy' | 'arguments';
  readonly exchange: string | undefined;
  readonly deadLetterQueue: string | undefined;
  /** How often a quorum queue may deliver a message. */
  readonly deliveryLimit: number | undefined;
  /** How the queue is declared where it does not exist, and by arguments. */
  readonly type: 'classic' | 'quorum' | undefined;
  /** Of the dead-letter queue. */
  readonly keep: { readonly ms: number | undefined; readonly maxLength: number | undefined };
}

export interface Setup {
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly by: 'policy' | 'arguments';
  readonly policyName: string | null;
  readonly notes: readonly string[];
}

const policyNameOf = (queue: string): string => `dead-letters.${queue}`;

/** What a declare that came first leaves possible. */
const NOT_POSSIBLE =
  'exists without these settings, and arguments cannot be changed. Set RABBITMQ_MANAGEMENT_URL (then a policy does it), or let the workers publish their dead letters themselves (CELERY_WORKER_DEAD_LETTER_EXCHANGE), or delete and declare the queue anew.';

/** Gives a queue its dead-letter exchange, queue and limit of deliveries. Doing it twice is doing it once. */
export class SetupService {
  constructor(private readonly deps: SetupServiceDeps) {}

  /** @throws QueueError PRECONDITION_FAILED with what is possible. @throws GatewayError MANAGEMENT_NOT_CONFIGURED. */
  async setUp(command: SetupCommand): Promise<Setup> {
    const { names, management, queues } = this.deps;
    const { queue, by, exchange = DEAD_LETTER_EXCHANGE } = command;
    const deadLetterQueue = command.deadLetterQueue ?? deadLetterQueueOf(queue);
    names.checkQueue(queue, '/queue_name');
    names.checkQueue(deadLetterQueue, '/dead_letter_queue');
    names.checkExchange(exchange, '/exchange');
    const target = { queue, deadLetterQueue, exchange, routingKey: queue };
    await this.declareTarget(target, command);
    const byPolicy = by === 'policy' || (by === 'auto' && management !== undefined);
    const setup = byPolicy
      ? await this.setPolicy(target, command)
      : await this.declareWithArguments(target, command);
    queues.remember(deadLetterQueue);
    return setup;
  }

  /** The place first: a queue that dead-letters to nowhere drops silently. */
  private async declareTarget(target: Target, { keep }: SetupCommand): Promise<void> {
    const { topology } = this.deps;
    const { exchange, deadLetterQueue, routingKey } = target;
    await topology.ensureExchange({ name: exchange, type: 'direct' });
    const options = queueArguments({ messageTtlMs: keep.ms, maxLength: keep.maxLength });
    await topology.ensureQueue({ name: deadLetterQueue, arguments: options });
    await topology.bindQueue({ queue: deadLetterQueue, exchange, routingKey });
  }

  /** Of several policies only one applies to a queue: ours takes over what the one before it said. */
  private async setPolicy(target: Target, { deliveryLimit, type }: SetupCommand): Promise<Setup> {
    const { management, topology } = this.deps;
    if (management === undefined)
      throw new GatewayError('MANAGEMENT_NOT_CONFIGURED', 'Setting a policy needs RABBITMQ_MANAGEMENT_URL.');
    const { queue, exchange, routingKey } = target;
    await topology.ensureQueue({ name: queue, arguments: queueArguments({ type }) });
    const name = policyNameOf(queue);
    const managed = await management.queue(queue);
    const others = (await management.policies()).filter((policy) => policy.name !== name);
    const before = applying(others, queue);
    const definition = {
      ...before?.definition,
      'dead-letter-exchange': exchange,
      'dead-letter-routing-key': routingKey,
      ...(deliveryLimit === undefined ? {} : { 'delivery-limit': deliveryLimit }),
    };
    const priority = Math.max(0, ...others.map((policy) => policy.priority)) + 1;
    const pattern = `^${queue.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    await management.putPolicy(name, { pattern, definition, priority, 'apply-to': 'queues' });
    const notes =
      before === undefined ? [] : [`It repeats what policy ${before.name} said, which no longer applies.`];
    if (deliveryLimit !== undefined && managed?.type !== 'quorum')
      notes.push('The delivery limit has no effect: the queue is no quorum queue.');
    return { ...target, by: 'policy', policyName: name, notes };
  }

  private async declareWithArguments(target: Target, command: SetupCommand): Promise<Setup> {
    const { topology } = this.deps;
    const options: QueueOptions = {
      type: command.deliveryLimit === undefined ? command.type : 'quorum',
      deliveryLimit: command.deliveryLimit,
      deadLetterExchange: target.exchange,
      deadLetterRoutingKey: target.routingKey,
    };
    try {
      await topology.declareQueue({ name: target.queue, arguments: queueArguments(options) });
    } catch (error) {
      if (!hasCode(error, 'PRECONDITION_FAILED')) throw error;
      const there = await topology.queueArguments(target.queue);
      if (there?.['x-dead-letter-exchange'] !== target.exchange) {
        throw new QueueError('PRECONDITION_FAILED', `The queue ${target.queue} ${NOT_POSSIBLE}`, {
          cause: error,
        });
      }
    }
    const notes = [
      'Set by arguments: whoever declares the queue must give the same ones, or Celery refuses to start (task_queues with queue_arguments).',
    ];
    return { ...target, by: 'arguments', policyName: null, notes };
  }
}

/** The policy that applies to a queue: of those that match, the one of the highest priority. */
function applying(policies: readonly ManagedPolicy[], queue: string): ManagedPolicy | undefined {
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

type Target = Pick<Setup, 'queue' | 'deadLetterQueue' | 'exchange' | 'routingKey'>;
