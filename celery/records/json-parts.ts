const isSpace = (char: string | undefined): boolean =>
  char === ' ' || char === '\n' || char === '\r' || char === '\t';

/** Index of the quote that ends the string which begins at `at`. */
const stringEnd = (text: string, at: number): number => {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
};

/**
 * The texts of a JSON array's elements or an object's members, untouched. What is put together from them again says exactly
 * what it said before: no number has been through a JavaScript number.
 */
export const jsonParts = (text: string): readonly string[] => {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth === 1) from = at + 1;
    } else if ((char === ',' && depth === 1) || ((char === ']' || char === '}') && depth === 1)) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
      if (char !== ',') break;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return parts.length === 1 && parts[0] === '' ? [] : parts;
};

/** The text of an object with one member's value changed; as it was where it has no such member. */
export const withJsonMember = (text: string, name: string, value: string): string => {
  const key = JSON.stringify(name);
  const parts = jsonParts(text).map((part) => {
    if (!part.startsWith(key)) return part;
    let at = key.length;
    while (isSpace(part[at])) at += 1;
    return part[at] === ':' ? `${key}: ${value}` : part;
  });
  return `{${parts.join(', ')}}`;
};
