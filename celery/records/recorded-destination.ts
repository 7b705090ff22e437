import type { HeaderTable } from '../../amqp';
import { isDelayedExchange, queueOfDelayKey } from '../protocol';

/** The header of a record that was written by a publish of its own: where the task itself went, as JSON (streams lose lists). */
const DESTINATION_HEADER = 'gateway_destination';

/** An exchange and the key under which a message goes through it. */
export interface RecordedDestination {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Headers with the destination of a task whose record is published apart from it. */
export const withDestination = (
  headers: HeaderTable | undefined,
  { exchange, routingKey }: RecordedDestination,
): HeaderTable => ({ ...headers, [DESTINATION_HEADER]: JSON.stringify([exchange, routingKey]) });

/** The headers of the task itself. */
export const withoutDestination = ({
  [DESTINATION_HEADER]: _destination,
  ...headers
}: HeaderTable): HeaderTable => headers;

const apart = (header: unknown): RecordedDestination | undefined => {
  if (typeof header !== 'string') return undefined;
  try {
    const [exchange, routingKey] = JSON.parse(header) as readonly unknown[];
    const known = typeof exchange === 'string' && typeof routingKey === 'string';
    return known ? { exchange, routingKey } : undefined;
  } catch {
    // Anyone may publish to the stream.
    return undefined;
  }
};

/** Where a recorded task was sent: one that waits for its ETA in the broker was meant for a queue behind that. */
export const destinationOf = (
  message: RecordedDestination & { readonly headers: HeaderTable },
): RecordedDestination => {
  const sent = apart(message.headers[DESTINATION_HEADER]) ?? message;
  const queue = isDelayedExchange(sent.exchange) ? queueOfDelayKey(sent.routingKey) : undefined;
  return queue === undefined ? sent : { exchange: '', routingKey: queue };
};
