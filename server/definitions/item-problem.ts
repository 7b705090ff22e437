import { RabbitMQError } from '../../amqp';
import { redact } from '../../runtime';
import type { InputProblem, ProblemCode } from '../errors';

/** What is wrong with one item of a document. */
export interface ItemProblem extends InputProblem {
  readonly code: ProblemCode;
}

/** What is one item's own fault. All else ends the import: the next item would meet it too. */
const OF_ITEMS: ReadonlySet<string> = new Set<ProblemCode>([
  'REQUEST_INVALID',
  'NAME_NOT_ALLOWED',
  'MESSAGE_INVALID',
  'PRECONDITION_FAILED',
  'RESOURCE_LOCKED',
  'COMMAND_INVALID',
  'ACCESS_REFUSED',
  'QUEUE_NOT_FOUND',
  'EXCHANGE_NOT_FOUND',
  'MANAGEMENT_NOT_CONFIGURED',
  'MANAGEMENT_FAILED',
]);

/** Names in the bodies of the single routes that are others in a document. */
const PLACES: Readonly<Record<string, string>> = { '/queue_name': '/name', '/exchange': '/name' };

/** The problems of the item at `pointer`. @throws the error itself where it is not the item's. */
export function itemProblems(error: unknown, pointer: string): readonly ItemProblem[] {
  if (!(error instanceof RabbitMQError) || error.retryable || !OF_ITEMS.has(error.code)) throw error;
  const code = error.code as ProblemCode;
  const { errors } = error.details;
  if (!Array.isArray(errors)) return [{ pointer, code, detail: redact(error.message) }];
  return (errors as readonly InputProblem[]).map(({ pointer: at, detail }) => ({
    pointer: `${pointer}${PLACES[at] ?? at}`,
    code,
    detail,
  }));
}
