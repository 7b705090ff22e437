/** Indents by the braces and brackets that open and close; those within comments and texts stand in pairs. */
export function indented(text: string): string {
  let depth = 0;
  const lines = text.split('\n').map((line) => {
    const closes = /^[}\]]/.test(line);
    if (closes) depth -= 1;
    const shown = line === '' ? '' : '  '.repeat(depth) + line;
    const opened = (line.match(/[{[]/g) ?? []).length - (line.match(/[}\]]/g) ?? []).length;
    depth += opened + (closes ? 1 : 0);
    return shown;
  });
  return lines.join('\n');
}

/** Types and the file each comes from. */
export type Sources = readonly (readonly [types: readonly string[], path: string])[];

/** Imports of what the text names, so that none is there without need. */
export function imports(text: string, sources: Sources): string {
  const named = (type: string): boolean => new RegExp(`\\b${type}\\b`).test(text);
  return sources
    .map(([types, path]) => [[...types].sort().filter(named), path] as const)
    .filter(([types]) => types.length > 0)
    .map(([types, path]) => `import type { ${types.join(', ')} } from '${path}';\n`)
    .join('');
}
