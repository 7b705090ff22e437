import type { InputProblem } from '../errors';

/** Fields of a body that are not the AMQP layer's name in snake case. */
const FIELDS: Readonly<Record<string, string>> = {
  content: 'message',
  deliveryMode: 'persistent',
  queue: 'queue_name',
};

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A place in a message as the AMQP layer names it, in the words of the body that asked for it. */
export function messagePointer(pointer: string): string {
  const [, first = '', ...rest] = pointer.replace(/^\/properties\//, '/').split('/');
  return ['', FIELDS[first] ?? snakeCase(first), ...rest].join('/');
}

/** The one place that an error of the AMQP layer names, its reason without that layer's words for it. */
export function messageProblem(pointer: string, message: string): InputProblem {
  const reason = message.startsWith(`${pointer} `) ? message.slice(pointer.length + 1) : 'is not acceptable';
  return { pointer: messagePointer(pointer), detail: reason };
}
