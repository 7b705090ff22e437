import { AddressGuard, AddressRefused, type CheckedAddress } from '../../../server/webhooks/address-guard';

const resolving = (addresses: readonly string[]) => async (): Promise<readonly CheckedAddress[]> =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const guard = (addresses: readonly string[] = [], allowed: readonly string[] = []): AddressGuard =>
  new AddressGuard({ allowed, allowHttp: false, resolve: resolving(addresses) });

test.each([
  ['https://127.0.0.1/'],
  ['https://2130706433/'],
  ['https://0x7f.1/'],
  ['https://0/'],
  ['https://10.1.2.3/'],
  ['https://100.64.0.1/'],
  ['https://169.254.169.254/'],
  ['https://172.31.255.255/'],
  ['https://192.168.1.1/'],
  ['https://224.0.0.1/'],
  ['https://255.255.255.255/'],
  ['https://[::]/'],
  ['https://[::1]/'],
  ['https://[::ffff:127.0.0.1]/'],
  ['https://[::ffff:a00:1]/'],
  ['https://[64:ff9b::7f00:1]/'],
  ['https://[2002:7f00:1::]/'],
  ['https://[fe80::1]/'],
  ['https://[fd00::1]/'],
  ['http://example.com/'],
  ['ftp://example.com/'],
  ['https://user@example.com/'],
])('%s is refused', (url) => {
  expect(() => guard().checkUrl(new URL(url))).toThrow(AddressRefused);
});

test.each([['https://93.184.216.34/'], ['https://[2606:2800:220:1::]/'], ['https://example.com:8443/x']])(
  '%s may be asked',
  (url) => {
    expect(() => guard().checkUrl(new URL(url))).not.toThrow();
  },
);

const name = new URL('https://hooks.example/');

test('a name is resolved, and the address that was looked at is the one to connect to', async () => {
  expect(await guard(['93.184.216.34']).addressOf(name)).toEqual({ address: '93.184.216.34', family: 4 });
});

test.each([[['10.0.0.1']], [['93.184.216.34', '127.0.0.1']], [['::ffff:192.168.0.1']], [[]]])(
  'a name with the addresses %j is refused',
  async (addresses) => {
    await expect(guard(addresses).addressOf(name)).rejects.toThrow(AddressRefused);
  },
);

test.each([['10.0.0.0/8'], ['10.0.0.1'], ['hooks.example'], ['HOOKS.example']])(
  'with %s allowed, what is not public may be asked',
  async (allowed) => {
    expect(await guard(['10.0.0.1'], [allowed]).addressOf(name)).toEqual({ address: '10.0.0.1', family: 4 });
  },
);

test('a name that is allowed does not allow addresses that are written out', () => {
  expect(() => guard([], ['hooks.example']).checkUrl(new URL('https://10.0.0.1/'))).toThrow(AddressRefused);
});
