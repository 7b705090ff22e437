/** The logs that the history is read from: submissions, results, events. */
export type LogName = 's' | 'r' | 'e';
const LOG_NAMES: readonly LogName[] = ['s', 'r', 'e'];

/** A place in one log: the stream's offset, and which of the events that share one message. */
export interface LogPlace {
  readonly log: LogName;
  readonly offset: number;
  readonly index: number;
}

/**
 * How far each log has been read. Offsets are the broker's, so the same text means the same to each replica and after a
 * restart, in whatever order a replica reads the three logs.
 */
export type LogPosition = Readonly<
  Partial<Record<LogName, { readonly offset: number; readonly index: number } | undefined>>
>;

const PART = /^([sre])(\d{1,15})(?:\.(\d{1,6}))?$/;

/** `e120.3-r88-s41`; empty before anything was read. */
export const formatPosition = (position: LogPosition): string =>
  LOG_NAMES.flatMap((log) => {
    const place = position[log];
    if (place === undefined) return [];
    return [`${log}${place.offset}${place.index === 0 ? '' : `.${place.index}`}`];
  }).join('-');

/** @returns undefined for what {@link formatPosition} did not write. */
export const parsePosition = (text: string): LogPosition | undefined => {
  const position: Partial<Record<LogName, { offset: number; index: number }>> = {};
  for (const part of text.split('-')) {
    const [, log, offset, index] = PART.exec(part) ?? [];
    if (log === undefined || position[log as LogName] !== undefined) return undefined;
    position[log as LogName] = { offset: Number(offset), index: Number(index ?? 0) };
  }
  return position;
};

/** Whether the place lies beyond the position. */
export const isBeyond = ({ log, offset, index }: LogPlace, position: LogPosition): boolean => {
  const read = position[log];
  return read === undefined || offset > read.offset || (offset === read.offset && index > read.index);
};
