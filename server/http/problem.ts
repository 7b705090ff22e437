import { STATUS_CODES } from 'node:http';
import { RabbitMQError } from '../../amqp';
import { redact } from '../../runtime';
import type { InputProblem, ProblemCode } from '../errors';
import { messageProblem } from './message-pointer';
import { PROBLEMS, problemType } from './problem-table';

/** RFC 9457, with this project's members. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly errors?: readonly InputProblem[];
  readonly task_id?: string;
}

/** Where the problem occurred. */
export interface ProblemPlace {
  readonly path: string;
  readonly requestId: string;
}

/** A caller should wait this long before a retryable request is repeated, in seconds. */
export const RETRY_AFTER_SECONDS = 2;

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

function inputProblems({ details, message }: RabbitMQError): readonly InputProblem[] | undefined {
  const { errors, pointer } = details;
  if (Array.isArray(errors)) return errors;
  // The AMQP layer names one place: the header or property that it cannot carry.
  return typeof pointer === 'string' ? [messageProblem(pointer, message)] : undefined;
}

/** The AMQP layer's message begins with the place in its own terms: `errors` has it in the caller's. */
function detailOf({ code, details, message }: RabbitMQError): string {
  return code === 'MESSAGE_INVALID' && typeof details.pointer === 'string'
    ? 'The message cannot be sent as it is.'
    : redact(message);
}

/** What an error is to the caller: errors that are not ours tell nothing of their insides. */
export function problemOf(error: unknown, place: ProblemPlace): ProblemDocument {
  const known = error instanceof RabbitMQError && isProblemCode(error.code);
  const code: ProblemCode = known ? (error.code as ProblemCode) : 'INTERNAL_ERROR';
  const kind = PROBLEMS[code];
  const errors = known ? inputProblems(error) : undefined;
  const taskId = known ? error.details.taskId : undefined;
  return {
    type: problemType(code),
    title: kind.title,
    status: kind.status,
    detail: known && code !== 'INTERNAL_ERROR' ? detailOf(error) : (STATUS_CODES[500] ?? ''),
    instance: place.path,
    code,
    requestId: place.requestId,
    ...(errors === undefined ? {} : { errors }),
    ...(typeof taskId === 'string' ? { task_id: taskId } : {}),
  };
}

/** Seconds for `Retry-After`, where repeating makes sense. */
export function retryAfterSeconds(error: unknown, status: number): number | undefined {
  if (!(error instanceof RabbitMQError)) return undefined;
  const own = error.details.retryAfterSeconds;
  if (typeof own === 'number') return own;
  return status === 503 || error.retryable ? RETRY_AFTER_SECONDS : undefined;
}
