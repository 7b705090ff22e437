import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TABLES = 'celery_gateway_tests';

const nft = (...args: string[]): string =>
  execFileSync('nft', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Takes away what a test left behind that was killed. */
function sweep(): void {
  for (const [, name, pid] of nft('list', 'tables').matchAll(new RegExp(`inet (${TABLES}_(\\d+))`, 'g')))
    if (!existsSync(`/proc/${pid}`)) nft('delete', 'table', 'inet', String(name));
}

let works: boolean | undefined;

/** Whether nftables and iproute2 are here, with the rights to use them and what losing packets at random takes. */
export function firewallWorks(): boolean {
  if (works !== undefined) return works;
  const trial = `${TABLES}_trial_${process.pid}`;
  try {
    sweep();
    execFileSync('ss', ['-V'], { stdio: 'ignore' });
    nft(`add table inet ${trial}; add chain inet ${trial} input { type filter hook input priority 0; }`);
    nft(`add rule inet ${trial} input tcp dport 1 numgen random mod 100 < 30 counter drop`);
    nft('delete', 'table', 'inet', trial);
    works = true;
  } catch {
    works = false;
  }
  return works;
}

/**
 * Drops packets of this machine as a network would: those of the given ports, and of no others. For tests that own the ports.
 * A rule applies where a packet arrives, so that its sender is not told.
 */
export class Firewall {
  readonly #table = `${TABLES}_${process.pid}`;

  /** Throws where nftables is missing: ask {@link firewallWorks}. */
  constructor() {
    sweep();
    nft(
      `add table inet ${this.#table}; add chain inet ${this.#table} input { type filter hook input priority 0; }`,
    );
  }

  /** Of a hundred packets from or to the port, so many do not arrive. */
  loses(port: number, percent: number): void {
    for (const side of ['sport', 'dport'])
      this.#drop(`tcp ${side} ${port} numgen random mod 100 < ${percent}`);
  }

  /** Nothing from or to the port arrives. */
  cuts(port: number): void {
    for (const side of ['sport', 'dport']) this.#drop(`tcp ${side} ${port}`);
  }

  /** Connections to the port that are there go on; no further ones come about. */
  closes(port: number): void {
    this.#drop(`tcp dport ${port} tcp flags & (syn | ack) == syn`);
  }

  /** How many packets were dropped since the rules were made. */
  get dropped(): number {
    const counters = nft('list', 'table', 'inet', this.#table).matchAll(/counter packets (\d+)/g);
    return [...counters].reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  /** Lets everything through again. */
  heal(): void {
    nft('flush', 'table', 'inet', this.#table);
  }

  async stop(): Promise<void> {
    nft('delete', 'table', 'inet', this.#table);
  }

  #drop(what: string): void {
    nft(`add rule inet ${this.#table} input iif lo ${what} counter drop`);
  }
}

/** Without nftables and the right to use them such a test is skipped, and its name says so. */
export const firewalled = firewallWorks()
  ? { able: true, title: (name: string): string => name }
  : {
      able: false,
      title: (name: string): string => `skipped: needs nftables and the rights to use it: ${name}`,
    };
