import { interfaceName, tableName } from './tag-file';
import { indented } from './text';

/** All tags together. @param files those that hold types. */
export function indexText(tags: readonly string[], files: readonly string[]): string {
  const lines = tags.map(
    (tag) => `import { type ${interfaceName(tag)}, ${tableName(tag)} } from './${tag}';`,
  );
  const all = [...files, ...tags].sort().map((file) => `export type * from './${file}';`);
  return indented(
    [
      ...lines,
      '',
      ...all,
      '',
      '/** Each operation of the gateway: what it takes and what it answers. */',
      `export interface Operations extends ${tags.map(interfaceName).join(', ')} {}`,
      '',
      '/** Method, path and the content type of the body. */',
      `export const OPERATIONS = {\n${tags.map((tag) => `...${tableName(tag)},`).join('\n')}\n} as const;`,
      '',
    ].join('\n'),
  );
}
