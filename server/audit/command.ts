import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { ConfigError } from '../../runtime';
import { auditKeyPath, readSecret } from '../security/secret-file';
import { type ChainHead, EMPTY_CHAIN, verifyChain } from './audit-chain';

export interface AuditCommandDeps {
  readonly environment: () => Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  /** Called with 1 when a file does not hold. */
  readonly fail: (status: number) => void;
}

function keyOf(environment: Readonly<Record<string, string | undefined>>, files: readonly string[]): string {
  const given = environment.GATEWAY_AUDIT_KEY;
  const kept = files.map((file) => readSecret(auditKeyPath(file))).find((secret) => secret !== undefined);
  const key = given || kept;
  if (key !== undefined) return key;
  throw new ConfigError([{ setting: 'GATEWAY_AUDIT_KEY', detail: 'is needed, or the .key file beside one' }]);
}

/** `audit verify FILE…`: whether an audit log is as it was written. */
export function auditCommand(deps: AuditCommandDeps): Command {
  const command = new Command('audit').description('checks audit logs');
  command
    .command('verify <files...>')
    .description('follows the hash chain; several files, the oldest first, are one log that was rotated')
    .action(async (files: readonly string[]) => {
      const key = keyOf(deps.environment(), files);
      let head: ChainHead = EMPTY_CHAIN;
      for (const file of files) {
        const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
        const verdict = await verifyChain(lines, key, head);
        if (!verdict.intact) {
          deps.print(
            `BROKEN ${file}: line ${verdict.line} ${verdict.problem}. The last good record is ${verdict.head.seq}.`,
          );
          deps.fail(1);
          return;
        }
        head = verdict.head;
      }
      deps.print(`intact: ${head.seq} records, the last with hash ${head.hash}`);
      deps.print(
        'Whether records are missing at the end only shows against that hash in the log or the exchange.',
      );
    });
  return command;
}
