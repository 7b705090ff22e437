import type { PageEnd } from '../../celery';
import { inputError } from '../errors';

/** A page's end as an opaque text that belongs to one order. */
export function encodeCursor(sort: string, { value, taskId }: PageEnd): string {
  // JSON has no word for an infinity, which stands for "has none".
  const told = value === Number.NEGATIVE_INFINITY ? null : value;
  return Buffer.from(JSON.stringify([sort, told, taskId])).toString('base64url');
}

function refused(detail: string): Error {
  return inputError('REQUEST_INVALID', 'The cursor cannot be used.', [{ pointer: '/cursor', detail }]);
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** @throws GatewayError REQUEST_INVALID for what this gateway did not hand out, or for another order. */
export function decodeCursor(sort: string, cursor: string): PageEnd {
  const [itsSort, value, taskId] = parsed(cursor);
  if (typeof itsSort !== 'string' || typeof taskId !== 'string') throw refused('is none of ours');
  if (itsSort !== sort) throw refused(`belongs to a list sorted by ${itsSort.slice(0, 32)}`);
  if (value === null) return { value: Number.NEGATIVE_INFINITY, taskId };
  if (typeof value !== 'number' && typeof value !== 'string') throw refused('is none of ours');
  return { value, taskId };
}
