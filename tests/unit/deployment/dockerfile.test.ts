import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dockerStages, REPOSITORY, readText } from './docker-files';

const stages = dockerStages();
const stage = (name: string) => {
  const found = stages.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
};

/** Instructions of a stage with those of the stages it is built on. */
const effective = (name: string): { word: string; rest: string }[] => {
  const { from, instructions } = stage(name);
  const parent = stages.some((candidate) => candidate.name === from) ? effective(from) : [];
  return [...parent, ...instructions];
};

const last = (name: string, word: string): string | undefined =>
  effective(name).findLast((instruction) => instruction.word === word)?.rest;

describe('Dockerfile', () => {
  test('builds on Node 24 and ends with the gateway', () => {
    expect(stage('build').from).toMatch(/^node:24/);
    expect(stage('node').from).toMatch(/^node:24/);
    expect(stages.at(-1)?.name).toBe('gateway');
  });

  test.each(['gateway', 'worker', 'python-worker'])('%s does not run as root', (name) => {
    expect(last(name, 'USER')).toMatch(/^(node|celery)$/);
  });

  test('everything it copies from the context exists and is not ignored', () => {
    const ignored = readText('.dockerignore').split('\n');
    const sources = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ word, rest }) => word === 'COPY' && !rest.includes('--from='))
      .flatMap(({ rest }) => rest.split(/ +/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect([source, existsSync(join(REPOSITORY, source))]).toEqual([source, true]);
      expect(ignored).not.toContain(source.split('/')[0]);
    }
  });

  test('copies every folder the build compiles', () => {
    const { include } = JSON.parse(readText('tsconfig.build.json')) as { include: string[] };
    const copied = stage('build').instructions.map(({ rest }) => rest.split(/ +/)[0]);
    expect(copied).toEqual(expect.arrayContaining(include));
  });

  test.each(['gateway', 'worker'])('%s starts a program that the build makes', (name) => {
    const [command, ...rest] = JSON.parse(last(name, 'CMD') ?? '[]') as string[];
    const program = rest.find((argument) => !argument.startsWith('-')) ?? '';
    expect(command).toBe('node');
    const source = program.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect([source, existsSync(join(REPOSITORY, source))]).toEqual([source, true]);
  });

  test('secrets and local data stay out of the context', () => {
    const ignored = readText('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.data', '.git', 'node_modules']));
  });
});
