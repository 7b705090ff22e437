import { QueueError, type Topology } from '../../amqp';
import { DEAD_LETTER_EXCHANGE, deadLetterQueueOf } from '../../celery/protocol';
import { GatewayError } from '../errors';
import type { ManagementClient, NamePolicy } from '../messaging';
import { type DeclaredNames, queueArguments } from '../queues';
import type { DeadLetterQueues } from './dead-letter-queues';
import {
  asArguments,
  checkDeclared,
  type DeadLettering,
  deadLettersTo,
  policyOf,
  type Settings,
} from './dead-lettering';
import { applyingPolicy, exactPattern } from './policy-match';
import { declareRetryRoad, retryExchangeOf, waitQueueOf } from './retry-road';
import { checkRetrySafety } from './retry-safety';

export interface SetupServiceDeps {
  readonly topology: Pick<
    Topology,
    | 'declareExchange'
    | 'ensureExchange'
    | 'declareQueue'
    | 'ensureQueue'
    | 'bindQueue'
    | 'unbindQueue'
    | 'queueStatus'
    | 'queueArguments'
  >;
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'queue' | 'policies' | 'putPolicy'> | undefined;
  readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>;
  readonly queues: Pick<DeadLetterQueues, 'remember'>;
  readonly declared: Pick<DeclaredNames, 'add'>;
  /** RabbitMQ's, such as `3.13.7`; undefined while it is not known. */
  readonly serverVersion: () => string | undefined;
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
  /** How long a rejected message waits before each retry, in milliseconds; none: it is dead at once. */
  readonly retryDelaysMs: readonly number[];
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
  readonly retries: Retries | null;
  readonly notes: readonly string[];
}

/** How what is rejected comes back before it is dead. */
export interface Retries {
  /** What the queue dead-letters to. */
  readonly exchange: string;
  readonly delaysMs: readonly number[];
  /** Where messages wait, in the order of the delays. */
  readonly queues: readonly string[];
}

const policyNameOf = (queue: string): string => `dead-letters.${queue}`;

/** What a declare that came first leaves possible. */
const NOT_POSSIBLE =
  'exists without these settings, and arguments cannot be changed. Set RABBITMQ_MANAGEMENT_URL (then a policy does it), or let the workers publish their dead letters themselves (CELERY_WORKER_DEAD_LETTER_EXCHANGE), or delete and declare the queue anew.';

/** Gives a queue its dead-letter exchange, queue, retries and limit of deliveries. Doing it twice is doing it once. */
export class SetupService {
  constructor(private readonly deps: SetupServiceDeps) {}

  /** @throws QueueError PRECONDITION_FAILED with what is possible. @throws GatewayError MANAGEMENT_NOT_CONFIGURED. */
  async setUp(command: SetupCommand): Promise<Setup> {
    const { names, management, queues, declared } = this.deps;
    const { queue, by, exchange = DEAD_LETTER_EXCHANGE } = command;
    const deadLetterQueue = command.deadLetterQueue ?? deadLetterQueueOf(queue);
    names.checkQueue(queue, '/queue_name');
    names.checkQueue(deadLetterQueue, '/dead_letter_queue');
    names.checkExchange(exchange, '/exchange');
    const retries = retriesOf(queue, command.retryDelaysMs);
    for (const name of retries?.queues ?? []) names.checkQueue(name, '/queue_name');
    const target = { queue, deadLetterQueue, exchange, routingKey: queue, retries };
    const byPolicy = by === 'policy' || (by === 'auto' && management !== undefined);
    const plan = byPolicy
      ? await this.planPolicy(target, command)
      : await this.planArguments(target, command);
    await this.declareTarget(target, command);
    await plan.declare();
    if (retries !== null)
      await declareRetryRoad(this.deps.topology, { queue, deadLetterQueue, delaysMs: retries.delaysMs });
    const setup = await plan.finish();
    queues.remember(deadLetterQueue);
    for (const name of [queue, deadLetterQueue, ...(retries?.queues ?? [])]) declared.add(name);
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
  private async planPolicy(target: Target, { deliveryLimit, type }: SetupCommand): Promise<Plan> {
    const { management, topology } = this.deps;
    if (management === undefined)
      throw new GatewayError('MANAGEMENT_NOT_CONFIGURED', 'Setting a policy needs RABBITMQ_MANAGEMENT_URL.');
    const { queue } = target;
    const wanted = queueArguments({ type });
    const name = policyNameOf(queue);
    const managed = await management.queue(queue);
    const declared = managed?.arguments ?? wanted;
    checkDeclared(queue, declared, deadLetteringOf(target));
    const others = (await management.policies()).filter((policy) => policy.name !== name);
    const before = applyingPolicy(others, queue);
    const definition = {
      ...before?.definition,
      ...policyOf(deadLetteringOf(target)),
      ...(deliveryLimit === undefined ? {} : { 'delivery-limit': deliveryLimit }),
    };
    this.checkRetries(target, { ...declared, ...asArguments(definition) });
    const priority = Math.max(0, ...others.map((policy) => policy.priority)) + 1;
    const pattern = exactPattern(queue);
    const notes =
      before === undefined ? [] : [`It repeats what policy ${before.name} said, which no longer applies.`];
    if (deliveryLimit !== undefined && (managed?.type ?? type) !== 'quorum')
      notes.push('The delivery limit has no effect: the queue is no quorum queue.');
    return {
      declare: () => topology.ensureQueue({ name: queue, arguments: wanted }),
      finish: async () => {
        await management.putPolicy(name, { pattern, definition, priority, 'apply-to': 'queues' });
        return { ...target, by: 'policy', policyName: name, notes };
      },
    };
  }

  private async planArguments(target: Target, command: SetupCommand): Promise<Plan> {
    const { topology } = this.deps;
    const { queue } = target;
    const { exchange, routingKey } = deadLetteringOf(target);
    const wanted = queueArguments({
      type: command.deliveryLimit === undefined ? command.type : 'quorum',
      deliveryLimit: command.deliveryLimit,
      deadLetterExchange: exchange,
      deadLetterRoutingKey: routingKey,
    });
    const there = await topology.queueArguments(queue);
    if (there !== null && !deadLettersTo(there, { exchange, routingKey }))
      throw new QueueError('PRECONDITION_FAILED', `The queue ${queue} ${NOT_POSSIBLE}`);
    this.checkRetries(target, { ...wanted, ...there });
    const notes = [
      'Set by arguments: whoever declares the queue must give the same ones, or Celery refuses to start (task_queues with queue_arguments).',
    ];
    return {
      declare: async () => there ?? topology.declareQueue({ name: queue, arguments: wanted }),
      finish: async () => ({ ...target, by: 'arguments', policyName: null, notes }),
    };
  }

  private checkRetries({ queue, retries }: Target, settings: Settings): void {
    if (retries !== null) checkRetrySafety(queue, settings, this.deps.serverVersion());
  }
}

/** What is left of a set-up once all that can refuse it was asked: nothing is declared before. */
interface Plan {
  /** The queue itself; the roads of its dead letters lead back to it. */
  readonly declare: () => Promise<unknown>;
  /** Its dead letters take those roads from now on. */
  readonly finish: () => Promise<Setup>;
}

type Target = Pick<Setup, 'queue' | 'deadLetterQueue' | 'exchange' | 'routingKey' | 'retries'>;

function retriesOf(queue: string, delaysMs: readonly number[]): Retries | null {
  if (delaysMs.length === 0) return null;
  const queues = delaysMs.map((_, index) => waitQueueOf(queue, index + 1));
  return { exchange: retryExchangeOf(queue), delaysMs, queues };
}

/** With retries a message keeps its key when it dies: it counts them. */
const deadLetteringOf = ({ exchange, routingKey, retries }: Target): DeadLettering =>
  retries === null ? { exchange, routingKey } : { exchange: retries.exchange, routingKey: undefined };
