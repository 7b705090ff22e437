import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { readText } from './docker-files';

const run = promisify(execFile);
const ROOT = join(__dirname, '..', '..', '..');

describe('scripts/sbom', () => {
  test('names every package that is shipped, with its version', async () => {
    const { stdout } = await run(join(ROOT, 'scripts', 'sbom'), { maxBuffer: 64 * 2 ** 20 });
    const { bomFormat, components } = JSON.parse(stdout) as {
      bomFormat: string;
      components: readonly { name: string; version: string }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
    const listed = components.map(({ name, version }) => `${name} ${version}`);
    for (const [name, version] of Object.entries(dependencies))
      expect(listed).toContain(`${name} ${version}`);
  });
});

describe('scripts/audit-packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npm-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The script's end where npm answers so. */
  async function auditWith(report: string): Promise<{ readonly code: number; readonly stdout: string }> {
    const npm = join(folder, 'npm');
    writeFileSync(join(folder, 'report.json'), report);
    writeFileSync(npm, `#!/bin/sh\ncat "${join(folder, 'report.json')}"\nexit 1\n`);
    chmodSync(npm, 0o755);
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
    return run(join(ROOT, 'scripts', 'audit-packages'), { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    );
  }
  const found = (counts: object) =>
    JSON.stringify({ metadata: { vulnerabilities: { total: 1, high: 0, critical: 0, ...counts } } });

  test('fails for a high one, and passes for one that is not', async () => {
    expect(await auditWith(found({ high: 1 }))).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('1 of them high'),
    });
    expect((await auditWith(found({ moderate: 1 }))).code).toBe(0);
  });

  test.each([
    ['an error of the registry', '{"message":"404 Not Found","error":{"summary":""}}'],
    ['nothing', ''],
    ['a page', '<html>'],
  ])('passes, and says that nothing was checked, where the registry answers %s', async (_what, report) => {
    const { code, stdout } = await auditWith(report);
    expect(code).toBe(0);
    expect(stdout).toMatch(/NOT CHECKED/);
  });
});
