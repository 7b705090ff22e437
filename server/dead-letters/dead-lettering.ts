import { QueueError } from '../../amqp';

/** Arguments of a queue, or of a policy under the same names. */
export type Settings = Readonly<Record<string, unknown>>;

/** Where what dies in a queue goes; without a key each message keeps its own. */
export interface DeadLettering {
  readonly exchange: string;
  readonly routingKey: string | undefined;
}

/** As a policy says it; takes the place of what the policy before said. */
export const policyOf = ({ exchange, routingKey }: DeadLettering): Settings => ({
  'dead-letter-exchange': exchange,
  'dead-letter-routing-key': routingKey,
});

/** A policy's settings under the names of arguments. */
export const asArguments = (definition: Settings): Settings =>
  Object.fromEntries(Object.entries(definition).map(([name, value]) => [`x-${name}`, value]));

export const deadLettersTo = (declared: Settings, { exchange, routingKey }: DeadLettering): boolean =>
  declared['x-dead-letter-exchange'] === exchange && declared['x-dead-letter-routing-key'] === routingKey;

/** Arguments win over a policy. @throws QueueError PRECONDITION_FAILED where it would change nothing. */
export function checkDeclared(queue: string, declared: Settings, wanted: DeadLettering): void {
  if (declared['x-dead-letter-exchange'] === undefined || deadLettersTo(declared, wanted)) return;
  throw new QueueError(
    'PRECONDITION_FAILED',
    `The queue ${queue} was declared with another dead-letter exchange or key, which wins over a policy.`,
  );
}
