/** What a JSON text can hold, as Python and JavaScript both understand it; `bigint` is an integer beyond ±(2^53 − 1). */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
