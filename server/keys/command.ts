import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../runtime';
import { readKeyFile } from '../security/key-file';
import type { OpenKeyStorage } from '../security/key-storage';
import { ROLES, SCOPES } from '../security/scopes';
import { type StoredKey, storedKey, storedKeyJson } from '../security/stored-key';
import { type IssuedKey, KeyStore } from './key-store';
import { keyView } from './view';

export interface KeyCommandDeps {
  /** Opens the file given, or what the settings name. @throws ConfigError. */
  readonly open: (file: string | undefined) => OpenKeyStorage;
  readonly print: (line: string) => void;
  /** For what is said to the person, besides the output. */
  readonly note: (line: string) => void;
}

interface FileOption {
  readonly file?: string;
}

interface CreateOptions extends FileOption {
  readonly id?: string;
  readonly env: string;
  readonly description?: string;
  readonly role?: string;
  readonly scope?: readonly string[];
  readonly tenant?: string;
  readonly task?: readonly string[];
  readonly queue?: readonly string[];
  readonly notBefore?: number;
  readonly expires?: number;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Minutes, hours or days: 30m, 24h, 90d.');
  return ms;
}

/** `90d` from now, or an RFC 3339 time. */
function moment(text: string): number {
  const at = /^\d+[mhd]$/.test(text) ? systemClock.now() + duration(text) : Date.parse(text);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('A time such as 2030-01-31T00:00:00Z, or 90d from now.');
  return at;
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The fields as the file has them, so that the one reader of the file is the one that checks them. */
function requested(options: CreateOptions): StoredKey {
  const { env, scope, task, queue, notBefore, expires, id, description, role, tenant } = options;
  const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  return storedKey({
    ...{ id: id ?? 'new', env, description, role, tenant },
    ...{ scopes: scope, tasks: task, queues: queue },
    ...{ not_before: iso(notBefore), expires_at: iso(expires) },
    secrets: [],
  });
}

/** `keys create | list | rotate | revoke | import`: the keys of a file or of Redis, by hand. */
export function keysCommand(deps: KeyCommandDeps): Command {
  const using = async <T>({ file }: FileOption, act: (kept: OpenKeyStorage) => Promise<T>): Promise<T> => {
    const kept = deps.open(file);
    await kept.start();
    try {
      return await act(kept);
    } finally {
      await kept.stop();
    }
  };
  const changing = <T>(options: FileOption, act: (store: KeyStore) => Promise<T>): Promise<T> =>
    using(options, ({ storage, providePepper }) =>
      act(new KeyStore({ storage, pepper: providePepper, clock: systemClock })),
    );
  const show = ({ key, text }: IssuedKey): void => {
    deps.print(text);
    deps.note(`Key ${key.id}, shown only now: what is kept is a keyed hash of it.`);
  };
  const file = [
    '--file <file>',
    'key file; GATEWAY_API_KEYS_FILE or GATEWAY_API_KEYS_REDIS_URL when left out',
  ] as const;

  const command = new Command('keys').description(
    'makes, lists, rotates and revokes the API keys of a file or of Redis',
  );
  command
    .command('create')
    .description('makes a key and prints it, once')
    .option(...file)
    .option('--id <id>', 'letters and digits; random when left out')
    .option('--env <name>', 'second part of the key: live, test…', 'live')
    .option('--description <text>', 'whose it is and what for')
    .option('--role <role>', ROLES.join(', '))
    .option('--scope <scope>', `further scope, repeatable: ${SCOPES.join(', ')}`, collected)
    .option('--tenant <name>', 'limits it to the tasks of this tenant')
    .option('--task <glob>', 'task it may name, repeatable; all when left out', collected)
    .option('--queue <glob>', 'queue it may name, repeatable; all when left out', collected)
    .option('--not-before <time>', 'RFC 3339, or 2h from now', moment)
    .option('--expires <time>', 'RFC 3339, or 90d from now', moment)
    .action(async (options: CreateOptions) => {
      const { secrets: _none, id: _id, ...fields } = requested(options);
      show(
        await changing(options, (store) =>
          store.create({ ...fields, environment: options.env, id: options.id }),
        ),
      );
    });
  command
    .command('list')
    .description('prints one line of JSON for each key, without anything of its secret')
    .option(...file)
    .action(async (options: FileOption) => {
      for (const key of await using(options, ({ storage }) => storage.read()))
        deps.print(JSON.stringify(keyView(key)));
    });
  command
    .command('rotate <id>')
    .description('gives a key a new secret and prints it; the old one stays good for the overlap')
    .option(...file)
    .option('--overlap <time>', '30m, 24h, 7d; 0m ends the old one at once', duration, UNITS.d)
    .action(async (id: string, options: FileOption & { readonly overlap: number }) => {
      show(await changing(options, (store) => store.rotate(id, options.overlap)));
    });
  command
    .command('revoke <id>')
    .description('makes a key useless; its entry stays')
    .option(...file)
    .action(async (id: string, options: FileOption) => {
      const key = await changing(options, (store) => store.revoke(id));
      deps.print(JSON.stringify(keyView(storedKey(storedKeyJson(key)))));
    });
  command
    .command('import <from>')
    .description('adds the keys of a file as they are, to move to Redis; the pepper has to be the same')
    .option(...file)
    .action(async (from: string, options: FileOption) => {
      const keys = readKeyFile(from);
      await changing(options, (store) => store.add(keys));
      deps.note(`${keys.length} key(s) added.`);
    });
  return command;
}
