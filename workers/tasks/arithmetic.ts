import { defineTask } from '../index';

/** `tasks.add`: the sum of two numbers; whole numbers beyond 2^53 arrive as bigint. */
export const add = defineTask('tasks.add', { params: ['x', 'y'] }, (_context, { x, y }) => sum(x, y));

/** @throws TypeError when either is not a number, in Python's words */
export function sum(x: unknown, y: unknown): number | bigint {
  if (typeof x === 'number' && typeof y === 'number') return x + y;
  if (isWhole(x) && isWhole(y)) return BigInt(x) + BigInt(y);
  throw new TypeError(`unsupported operand type(s) for +: '${pythonType(x)}' and '${pythonType(y)}'`);
}

const isWhole = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' || Number.isSafeInteger(value);

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  const names: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', bigint: 'int' };
  return names[typeof value] ?? 'dict';
}
