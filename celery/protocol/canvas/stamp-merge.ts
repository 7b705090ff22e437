import { type DraftOptions, isRecord } from './draft';

/** Stamps on their way down a canvas: names in `stamped_headers`, one key for each value. Lists in it are shared on purpose. */
export type StampHeaders = Record<string, unknown>;

const joined = (own: unknown, added: unknown, append: boolean): unknown => {
  const isScalar = ['number', 'bigint', 'string', 'boolean'].includes(typeof own);
  const value = isScalar && append ? [own] : own;
  if (Array.isArray(value) && Array.isArray(added)) {
    value.push(...added);
    return value;
  }
  if (!append) return value;
  const list: unknown[] = Array.isArray(value) ? [...value] : [];
  list.push(added);
  return list;
};

/** Adds stamps to stamps in place; what is there wins, or both become a list (celery/canvas.py `_merge_dictionaries`). */
export const mergeStamps = (into: StampHeaders, from: Readonly<StampHeaders>, append: boolean): void => {
  for (const [name, own] of Object.entries(into)) {
    if (!(name in from)) continue;
    const added = from[name];
    if (isRecord(own) && isRecord(added)) mergeStamps(own as StampHeaders, added, append);
    else into[name] = joined(own, added, append);
  }
  for (const [name, value] of Object.entries(from)) if (!(name in into)) into[name] = value;
};

const namesIn = (headers: Readonly<StampHeaders>): unknown[] =>
  Array.isArray(headers.stamped_headers) ? headers.stamped_headers : [];

const withUniqueNames = (headers: StampHeaders): void => {
  headers.stamped_headers = [...new Set(namesIn(headers))];
};

/**
 * The stamps for one signature: those handed down, the visitor's, and those it has already
 * (celery/canvas.py `Signature._stamp_headers`).
 * @param own the signature's options, or undefined where its stamps are not to be passed on, as to its callbacks.
 */
export const stampHeaders = (
  handedDown: Readonly<StampHeaders>,
  visited: Readonly<StampHeaders> | undefined,
  own: Readonly<DraftOptions> | undefined,
  append: boolean,
): StampHeaders => {
  const headers: StampHeaders = { ...handedDown };
  headers.stamped_headers ??= Object.keys(headers).filter((name) => name !== 'stamped_headers');
  if (visited !== undefined) {
    const names = Object.keys(visited).filter((name) => name !== 'stamped_headers');
    mergeStamps(headers, { ...visited, stamped_headers: visited.stamped_headers ?? names }, append);
    withUniqueNames(headers);
  }
  if (own === undefined) return headers;
  headers.stamped_headers = [...new Set([...namesIn(headers), ...namesIn(own)])];
  const stamped = Object.fromEntries(Object.entries(own).filter(([name]) => namesIn(headers).includes(name)));
  mergeStamps(headers, structuredClone(stamped), append);
  withUniqueNames(headers);
  return headers;
};
