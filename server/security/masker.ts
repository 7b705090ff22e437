import { redact } from '../../runtime';
import { GlobSet } from './glob-set';

/** What a secret is replaced by; the same for all, so that not even its length is told. */
export const MASK = '********';

/** Members whose values nobody should read, in lower case; `-` counts as `_`. */
const FIELDS = [
  '*password*',
  '*passwd*',
  '*passphrase*',
  '*secret*',
  '*token*',
  '*credential*',
  '*api_key*',
  '*apikey*',
  '*private_key*',
  '*authorization*',
  '*cookie*',
] as const;

/** Keys of clouds and whole private keys, wherever they stand. */
const PATTERNS: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|$)/g,
];

/** Deeper than anything is shown. */
const MAX_DEPTH = 40;
const MAX_REMEMBERED = 5000;
/** Names of tasks (`users.reset_password`) and of workers are no members with a secret. */
const NAME = /^[\w -]{1,80}$/;

export interface MaskerOptions {
  /** Further members, as names or globs with `*`. */
  readonly fields: readonly string[];
  /** Further texts; whatever matches is replaced. From the configuration, never from a caller. */
  readonly patterns: readonly RegExp[];
  /** Whether results of tasks are masked too: whoever asks for one usually needs it as it is. */
  readonly results: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const isPlain = (value: object): value is Fields => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/**
 * Takes secrets out of what is shown: arguments, tracebacks, settings of workers, queued messages. By the names of members;
 * in texts (reprs, tracebacks, URLs) by `name=value` and by what secrets look like. A positional argument that looks like
 * nothing in particular cannot be known for one: name it, or keep it out of task messages.
 */
export class Masker {
  private readonly fields: GlobSet;
  private readonly patterns: readonly RegExp[];
  private readonly suspect: RegExp;
  private readonly pairs: RegExp;
  private readonly remembered = new Map<string, boolean>();

  constructor(private readonly options: MaskerOptions) {
    const fields = [...FIELDS, ...options.fields.map((field) => field.toLowerCase().replaceAll('-', '_'))];
    this.fields = new GlobSet(fields);
    this.patterns = [...PATTERNS, ...options.patterns];
    const words = fields
      .map((field) => field.replaceAll('*', '').replace(/[^a-z0-9_]/g, ''))
      .filter((word) => word !== '')
      .map((word) => word.replaceAll('_', '[_-]?'));
    this.suspect = new RegExp(words.join('|'), 'i');
    const quoted = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"`;
    this.pairs = new RegExp(
      `(['"]?)([\\w-]{0,40}(?:${words.join('|')})[\\w-]{0,40})\\1(\\s{0,4}[:=]\\s{0,4})(${quoted}|[^\\s,;&)}\\]]+)`,
      'gi',
    );
  }

  /** A copy without secrets; the value itself where there is nothing to look into. */
  value(value: unknown): unknown {
    return this.walk(value, false, 0);
  }

  /** A text without secrets. */
  text(text: string): string {
    let out = redact(text);
    if (this.suspect.test(out)) out = out.replace(this.pairs, `$1$2$1$3${MASK}`);
    for (const pattern of this.patterns) out = out.replace(pattern, MASK);
    return out;
  }

  private walk(value: unknown, hidden: boolean, depth: number): unknown {
    if (typeof value === 'string') return hidden && value !== '' ? MASK : this.text(value);
    if (typeof value === 'number' || typeof value === 'bigint') return hidden ? MASK : value;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return MASK;
    if (Array.isArray(value)) return this.items(value, hidden, depth);
    return isPlain(value) ? this.members(value, hidden, depth) : value;
  }

  /** A copy only where something had to be hidden: in nearly all answers nothing has to. */
  private items(list: readonly unknown[], hidden: boolean, depth: number): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const shown = this.walk(list[index], hidden, depth + 1);
      if (shown !== list[index]) {
        copy ??= [...list];
        copy[index] = shown;
      }
    }
    return copy ?? list;
  }

  private members(object: Fields, hidden: boolean, depth: number): Fields {
    let copy: Record<string, unknown> | undefined;
    for (const name of Object.keys(object)) {
      const value = object[name];
      if (name === 'result' && !this.options.results && !hidden) continue;
      const shown = this.walk(value, hidden || this.isSecret(name), depth + 1);
      if (shown !== value) {
        copy ??= { ...object };
        copy[name] = shown;
      }
    }
    return copy ?? object;
  }

  /** The same few names come again and again. */
  private isSecret(name: string): boolean {
    const known = this.remembered.get(name);
    if (known !== undefined) return known;
    const secret = NAME.test(name) && this.fields.has(name.toLowerCase().replace(/[- ]/g, '_'));
    if (this.remembered.size < MAX_REMEMBERED) this.remembered.set(name, secret);
    return secret;
  }
}
