import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes'];

/** A certificate authority of the test's own. */
export class Certificates {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<Certificates> {
    const authority = new Certificates(await mkdtemp(join(tmpdir(), 'certificates-')));
    const { folder } = authority;
    const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')];
    await run('openssl', [...NEW_KEY, '-days', '1', '-subj', '/CN=Test CA', ...files]);
    return authority;
  }

  /** Makes `<name>.pem` and `<name>.key` for a host. */
  async issue(name: string, host = 'localhost'): Promise<void> {
    await run('openssl', [
      ...NEW_KEY,
      ...['-days', '1', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`],
      ...['-CA', this.file('ca.pem'), '-CAkey', this.file('ca.key')],
      ...['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`)],
    ]);
  }

  /** The same, good for one day in 2020 only. `openssl req` knows no dates, so the authority signs as `openssl ca`. */
  async issueExpired(name: string, host = 'localhost'): Promise<void> {
    const request = this.file(`${name}.csr`);
    await run('openssl', [
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${host}`],
      ...['-keyout', this.file(`${name}.key`), '-out', request],
    ]);
    const index = this.file('index.txt');
    await writeFile(index, '');
    const settings = [
      ...['[ca]', 'default_ca = test', '[test]', `database = ${index}`, `new_certs_dir = ${this.folder}`],
      ...['rand_serial = yes', 'default_md = sha256', 'policy = any', 'x509_extensions = names'],
      ...['[any]', 'commonName = supplied', '[names]', `subjectAltName = DNS:${host}`],
    ];
    await writeFile(this.file('ca.cnf'), settings.join('\n'));
    await run('openssl', [
      ...['ca', '-batch', '-notext', '-config', this.file('ca.cnf')],
      ...['-cert', this.file('ca.pem'), '-keyfile', this.file('ca.key')],
      ...['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'],
      ...['-in', request, '-out', this.file(`${name}.pem`)],
    ]);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
