import { parseIsoTime } from './iso-time';
import { Malformed } from './malformed';
import type { MalformedReason } from './task-request';

/** Headers as they arrive: foreign input, every type possible. */
export type RawHeaders = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string => {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : `a ${value === null ? 'null' : typeof value}`;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

/** A text, or null where Python has None. @throws Malformed. */
export const optionalText = (headers: RawHeaders, name: string): string | null => {
  const value = headers[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw new Malformed('header_invalid', `header ${name} is ${shown(value)}`);
};

/** A whole number, or null. Python also runs what has `"2"` here, so a decimal text is read. @throws Malformed. */
export const optionalInteger = (headers: RawHeaders, name: string): number | null => {
  const value = headers[name];
  if (value === undefined || value === null) return null;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  throw new Malformed('header_invalid', `header ${name} is ${shown(value)}`);
};

/** A moment in epoch milliseconds, or null; a time without offset is UTC. @throws Malformed. */
export const optionalMoment = (
  headers: RawHeaders,
  name: 'eta' | 'expires',
  reason: MalformedReason,
): number | null => {
  const value = headers[name];
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  const ms = typeof value === 'string' ? parseIsoTime(value) : undefined;
  if (ms === undefined)
    throw new Malformed(reason, `header ${name} is ${shown(value)}, not an ISO 8601 time`);
  return ms;
};

const limit = (value: unknown): number | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new Malformed('timelimit_invalid', `a time limit is ${shown(value)}`);
};

/** `[hard, soft]`, each a number of seconds or null; the documentation's order is wrong, the code's is this. @throws Malformed. */
export const timeLimits = (headers: RawHeaders): readonly [number | null, number | null] => {
  const { timelimit } = headers;
  if (timelimit === undefined || timelimit === null) return [null, null];
  if (!Array.isArray(timelimit) || timelimit.length > 2) {
    throw new Malformed('timelimit_invalid', `header timelimit is ${shown(timelimit)}`);
  }
  return [limit(timelimit[0]), limit(timelimit[1])];
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of stamps and their values; only names listed count. Odd values are left out: a stamp never decides what runs. */
export const stampsOf = (
  headers: RawHeaders,
): { readonly stampedHeaders: readonly string[]; readonly stamps: Readonly<Record<string, unknown>> } => {
  const names: unknown = headers.stamped_headers;
  const values = isRecord(headers.stamps) ? headers.stamps : {};
  const stampedHeaders = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  return { stampedHeaders, stamps: values };
};
