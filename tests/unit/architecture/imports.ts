import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

export const ROOT = join(__dirname, '..', '..', '..');
const ROOMS = ['amqp', 'celery', 'client', 'runtime', 'server', 'workers'] as const;

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)'([^']+)'/g;

/** Source without comments: an import told of in prose is none. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function sourceFile(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const name = relative(ROOT, path).split(sep).join('/');
  return {
    path: name,
    room: name.split('/')[0] ?? '',
    text: code(text),
    imports: [...code(text).matchAll(SPECIFIER)].map((match) => match[1] ?? ''),
  };
}

/** All sources of the rooms. */
export function sources(): readonly SourceFile[] {
  return ROOMS.flatMap((room) => walk(join(ROOT, room))).map(sourceFile);
}

/** Where a relative import leads, from the repository's root and without extension; undefined for packages. */
export function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return normalize(join(dirname(file.path), specifier))
    .split(sep)
    .join('/');
}

/** The package a bare specifier names. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope;
}
