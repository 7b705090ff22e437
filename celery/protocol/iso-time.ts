const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00$/;
const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

const write = (epochMs: number): string => {
  const iso = new Date(epochMs).toISOString();
  const fraction = iso.slice(-4, -1);
  return `${iso.slice(0, -5)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
};

let latest = { epochMs: Number.NaN, text: '' };

/** A moment as Python's `datetime.isoformat` writes it in UTC: microseconds only when there are any. */
export const formatIsoTime = (epochMs: number): string => {
  // A busy worker asks for the same millisecond again and again.
  if (epochMs !== latest.epochMs) latest = { epochMs, text: write(epochMs) };
  return latest.text;
};

const offsetMs = (zone: string | undefined): number => {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
};

/**
 * Reads an ISO 8601 date-time of any precision to epoch milliseconds; without an offset it is UTC, as Celery has it (`new
 * Date` would take local time). `undefined` when it is none or no such day or hour exists.
 * Mirrors celery/utils/time.py `maybe_iso8601` and `maybe_make_aware`.
 */
export const parseIsoTime = (text: string): number | undefined => {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const [mo, d] = [Number(month), Number(day)];
  const [h, mi, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (h > 23 || mi > 59 || s > 59 || mo < 1 || d < 1) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), mo - 1, d);
  if (date.getUTCMonth() !== mo - 1) return undefined;
  const millis = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  return date.getTime() + ((h * 60 + mi) * 60 + s) * 1000 + millis - offsetMs(zone);
};

/** True when the text is already in Python's own form for UTC, so that it can travel on unchanged (a retry does that). */
export const isCanonicalIsoTime = (text: string): boolean => CANONICAL.test(text);
