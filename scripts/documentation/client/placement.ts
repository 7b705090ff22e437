import type { OpenApiDocument } from '../../../server/docs';
import type { Located } from './operations';

/** The file of what several tags use. */
export const SHARED = 'shared';

const COMPONENT = /"#\/components\/schemas\/([^"]+)"/g;

const componentsIn = (value: unknown): readonly string[] =>
  [...JSON.stringify(value).matchAll(COMPONENT)].map(([, name = '']) => name);

/** The file of a tag's own types. */
export const typesFile = (tag: string): string => `${tag}-types`;

/** The file of the types that single calls of a tag take and answer. */
export const callsFile = (tag: string): string => `${tag}-calls`;

/** The file of each component: that of the one tag which uses it, else the shared one. */
export function filesOf(
  document: OpenApiDocument,
  operations: readonly Located[],
): ReadonlyMap<string, string> {
  const { schemas } = document.components;
  const files = new Map<string, string>();
  const place = (name: string, file: string): void => {
    const known = files.get(name);
    if (known === file || known === SHARED) return;
    files.set(name, known === undefined ? file : SHARED);
    for (const inner of componentsIn(schemas[name])) place(inner, files.get(name) ?? file);
  };
  for (const { operation, tag } of operations) {
    for (const name of componentsIn(operation)) place(name, typesFile(tag));
  }
  place('Problem', SHARED);
  return files;
}
