import type { HeaderTable, HeaderValue } from '../../amqp';

/** JSON of the headers that a stream does not keep. */
const NESTED_HEADER = 'gateway_nested_headers';

const isNested = (value: HeaderValue | undefined): boolean =>
  typeof value === 'object' && value !== null && !Buffer.isBuffer(value) && !(value instanceof Date);

/** What every task message has, and says nothing: no time limits, no stamps. */
const isEmpty = (value: object): boolean => Object.values(value).every((member) => member === null);

/**
 * A stream keeps messages as AMQP 1.0, whose application properties hold no lists and no tables: time limits, stamps and a
 * retry policy would be missing from the record. Where there are any, they travel as a text besides. Most tasks have none.
 */
export const withNestedHeaders = (headers: HeaderTable): HeaderTable => {
  let nested: Record<string, HeaderValue> | undefined;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== 'object' || value === null || !isNested(value) || isEmpty(value)) continue;
    nested ??= {};
    nested[name] = value;
  }
  return nested === undefined ? headers : { ...headers, [NESTED_HEADER]: JSON.stringify(nested) };
};

const parsed = (text: string): Readonly<Record<string, HeaderValue>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, HeaderValue>>)
      : {};
  } catch {
    // Anyone may publish to the stream.
    return {};
  }
};

/** The headers of the task itself, from those of its record: lists and tables are put back, never in place of others. */
export const withoutNestedHeaders = (headers: HeaderTable): HeaderTable => {
  if (typeof headers[NESTED_HEADER] !== 'string') return headers;
  const { [NESTED_HEADER]: text, ...own } = headers;
  const nested = Object.entries(parsed(String(text))).filter(([, value]) => isNested(value));
  return { ...Object.fromEntries(nested), ...own };
};
