import type { HeaderTable } from '../../amqp';
import { isDelayedExchange, queueOfDelayKey } from '../protocol';

/** The header of a record that was written by a publish of its own: where the task itself went. */
const DESTINATION_HEADER = 'celery-gateway.destination';

/** An exchange and the key under which a message goes through it. */
export interface RecordedDestination {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Headers with the destination of a task whose record is published apart from it. */
export const withDestination = (
  headers: HeaderTable | undefined,
  { exchange, routingKey }: RecordedDestination,
): HeaderTable => ({ ...headers, [DESTINATION_HEADER]: [exchange, routingKey] });

/** The headers of the task itself. */
export const withoutDestination = ({
  [DESTINATION_HEADER]: _destination,
  ...headers
}: HeaderTable): HeaderTable => headers;

/** Where a recorded task was sent: one that waits for its ETA in the broker was meant for a queue behind that. */
export const destinationOf = (
  message: RecordedDestination & { readonly headers: HeaderTable },
): RecordedDestination => {
  const apart = message.headers[DESTINATION_HEADER];
  const [exchange, routingKey]: readonly unknown[] = Array.isArray(apart) ? apart : [];
  const sent =
    typeof exchange === 'string' && typeof routingKey === 'string' ? { exchange, routingKey } : message;
  const queue = isDelayedExchange(sent.exchange) ? queueOfDelayKey(sent.routingKey) : undefined;
  return queue === undefined ? sent : { exchange: '', routingKey: queue };
};
