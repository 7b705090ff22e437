import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { python, REPOSITORY } from '../support/python';

const run = promisify(execFile);

/** The first one with schemas in the package, one in between, the newest. */
const VERSIONS = ['1.27.0', '1.32.0', '1.37.0'];

/** Prints `<file> <kind> <version>: <what is wrong>` for each document that a version does not take; strictly: nothing unknown either. */
const CHECK = `
import json, sys, yaml, kubernetes_validate
wrong, looked_at = [], []
for path in sys.argv[2:]:
    for document in yaml.safe_load_all(open(path)):
        for version in json.loads(sys.argv[1]):
            looked_at.append([document["kind"], version])
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                wrong.append([document["kind"], version, error.message])
print(json.dumps({"looked_at": looked_at, "wrong": wrong}))
`;

interface Verdict {
  readonly looked_at: readonly (readonly [kind: string, version: string])[];
  readonly wrong: readonly (readonly [kind: string, version: string, what: string])[];
}

const check = async (...paths: readonly string[]): Promise<Verdict> =>
  JSON.parse((await run(python(), ['-c', CHECK, JSON.stringify(VERSIONS), ...paths])).stdout) as Verdict;

const manifest = (name: string): string => join(REPOSITORY, 'deploy', 'kubernetes', `${name}.yml`);

describe('the Kubernetes manifests', () => {
  test.each([
    ['gateway', ['Deployment', 'Service', 'PodDisruptionBudget']],
    ['worker', ['Deployment', 'HorizontalPodAutoscaler']],
  ])('%s.yml is what the schemas of Kubernetes take, and nothing they do not know', async (name, kinds) => {
    const { looked_at, wrong } = await check(manifest(name));
    expect(wrong).toEqual([]);
    expect(looked_at).toEqual(kinds.flatMap((kind) => VERSIONS.map((version) => [kind, version])));
  });

  test.each([
    ['readinessProbe:', 'readinesProbe:', 'readinesProbe'],
    ['failureThreshold: 30', 'failureThreshold: often', 'often'],
    ['maxUnavailable: 0', 'maxUnavailable: [0]', '[0]'],
  ])('%s written as %s is found', async (right, mistaken, said) => {
    const folder = await mkdtemp(join(tmpdir(), 'manifest-'));
    try {
      const path = join(folder, 'gateway.yml');
      await writeFile(path, (await readFile(manifest('gateway'), 'utf8')).replace(right, mistaken));
      const { wrong } = await check(path);
      expect(wrong.map(([kind, version]) => [kind, version])).toEqual(
        VERSIONS.map((version) => ['Deployment', version]),
      );
      expect(wrong[0]?.[2]).toContain(said);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
