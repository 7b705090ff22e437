const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;
const LONG_DIGITS = 16;

/** What one pass over a JSON text's bytes tells before anything is parsed. */
export interface JsonScan {
  readonly depth: number;
  /** The text holds something `JSON.parse` refuses or rounds: `NaN`, `Infinity`, or a run of 16 digits or more. */
  readonly exotic: boolean;
}

/** Index just behind the string that starts at `at`. */
const skipString = (bytes: Buffer, at: number): number => {
  let end = bytes.indexOf(QUOTE, at + 1);
  while (end > 0) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
    end = bytes.indexOf(QUOTE, end + 1);
  }
  return bytes.length;
};

/** Reads nesting depth and oddities without recursion, so that a hostile text costs no more than its length. */
export const scanJson = (bytes: Buffer): JsonScan => {
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let exotic = false;
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      digits = 0;
      i = skipString(bytes, i);
      continue;
    }
    i += 1;
    if (byte >= 0x30 && byte <= 0x39) {
      digits += 1;
      if (digits >= LONG_DIGITS) exotic = true;
      continue;
    }
    digits = 0;
    if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === UPPER_I || byte === UPPER_N) exotic = true;
  }
  return { depth: deepest, exotic };
};
