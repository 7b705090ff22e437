import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const REPOSITORY = join(__dirname, '..', '..', '..');
export const readText = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** The parts of a Compose service that the tests look at. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** docker-compose.yml as Compose reads it: merge keys applied, variables not yet. */
export const composeFile = (): ComposeFile =>
  parse(readText('docker-compose.yml'), { merge: true }) as ComposeFile;

/** `${NAME:-default}` as Compose fills it. */
export const interpolate = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replace(
    /\$\{([A-Z_]+)(?::-([^}]*))?\}/g,
    (_match, name: string, fallback = '') => env[name] || fallback,
  );

/** Names that a Compose file takes from `.env`. */
export const variablesOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1] ?? '')),
];

/** Each `NAME=value` line of an env file, commented-out ones included. */
export const envLines = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );

export interface DockerStage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly { readonly word: string; readonly rest: string }[];
}

/** The stages of the Dockerfile, in order. */
export function dockerStages(): DockerStage[] {
  const stages: { name: string; from: string; instructions: { word: string; rest: string }[] }[] = [];
  const lines = readText('Dockerfile').replace(/\\\n/g, ' ').split('\n');
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (word === 'FROM') {
      const [from = '', , name = ''] = rest.split(/ +/);
      stages.push({ name, from, instructions: [] });
    } else if (word !== '') {
      stages.at(-1)?.instructions.push({ word, rest });
    }
  }
  return stages;
}
