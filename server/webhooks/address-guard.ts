import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Where a request may go: an address that was looked at, and is the one connected to. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Raised for a URL that must not be asked. Its text names the reason and no address: it goes to callers. */
export class AddressRefused extends Error {}

/** Everything that is not the public internet (IANA's special-purpose registries). */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
  ...([
    ['::', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
    ['5f00::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ] as const),
];

function blockList(ranges: Iterable<readonly [string, number]>): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges)
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

/** `10.0.0.0/8` or a bare address; undefined for a host name. */
function rangeOf(entry: string): readonly [string, number] | undefined {
  const [address = '', prefix] = entry.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  return [address, prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix)];
}

export interface AddressGuardOptions {
  /** Host names, addresses and ranges that may be asked although they are not public. */
  readonly allowed: readonly string[];
  readonly allowHttp: boolean;
  /** For tests. Default: the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly CheckedAddress[]>;
}

async function systemResolve(hostname: string): Promise<readonly CheckedAddress[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

/**
 * Decides which addresses callers may make the gateway ask: without it a webhook would be a way into the network the gateway
 * stands in. Every address of a name has to be acceptable, and the connection goes to one that was looked at.
 */
export class AddressGuard {
  readonly #notPublic = blockList(NOT_PUBLIC);
  readonly #allowedRanges: BlockList;
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #allowHttp: boolean;
  readonly #resolve: (hostname: string) => Promise<readonly CheckedAddress[]>;

  constructor({ allowed, allowHttp, resolve = systemResolve }: AddressGuardOptions) {
    const ranges = allowed.map(rangeOf);
    this.#allowedRanges = blockList(ranges.filter((range) => range !== undefined));
    this.#allowedHosts = new Set(
      allowed.filter((_entry, i) => ranges[i] === undefined).map((h) => h.toLowerCase()),
    );
    this.#allowHttp = allowHttp;
    this.#resolve = resolve;
  }

  /** What can be told of a URL without asking anyone. @throws AddressRefused. */
  checkUrl(url: URL): void {
    if (url.protocol !== 'https:' && !(this.#allowHttp && url.protocol === 'http:')) {
      throw new AddressRefused(this.#allowHttp ? 'must be an http or https URL' : 'must be an https URL');
    }
    if (url.username !== '' || url.password !== '') throw new AddressRefused('must hold no credentials');
    const literal = literalOf(url);
    if (literal !== undefined && !this.#acceptable(literal)) throw notPublic();
  }

  /** @throws AddressRefused; the resolver's error when the name is not known. */
  async addressOf(url: URL): Promise<CheckedAddress> {
    this.checkUrl(url);
    const literal = literalOf(url);
    if (literal !== undefined) return literal;
    const found = await this.#resolve(url.hostname);
    const [first] = found;
    if (first === undefined) throw new AddressRefused('has no address');
    if (this.#allowedHosts.has(url.hostname.toLowerCase())) return first;
    if (!found.every((address) => this.#acceptable(address))) throw notPublic();
    return first;
  }

  #acceptable({ address, family }: CheckedAddress): boolean {
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (this.#allowedRanges.check(address, type)) return true;
    // An IPv4 address in IPv6 clothes is judged as what it is; BlockList does so for ::ffff:0:0/96.
    return !this.#notPublic.check(address, type);
  }
}

function literalOf({ hostname }: URL): CheckedAddress | undefined {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version === 0 ? undefined : { address, family: version === 6 ? 6 : 4 };
}

function notPublic(): AddressRefused {
  return new AddressRefused('leads to an address that is not public (see WEBHOOKS_ALLOWED)');
}
