import { PayloadEncryption, parseEncryptionKeys } from '../../../../celery';

const key = (id: string, fill: number): string => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const encryption = (...keys: readonly string[]): PayloadEncryption =>
  new PayloadEncryption({ keys: parseEncryptionKeys(keys.join(',')), required: true });

const PLAIN = {
  content: Buffer.from('[["secret"], {}, {}]'),
  contentType: 'application/json',
  contentEncoding: 'utf-8',
};
const OWNER = { use: 'task', id: 'id-1', name: 'tasks.é' } as const;

describe('payload encryption', () => {
  test('gives back what it was given, and shows nothing of it', () => {
    const { content, contentType } = encryption(key('k1', 1)).protect(PLAIN, OWNER);
    expect(content.toString()).not.toContain('secret');
    expect(encryption(key('k1', 1)).recognizes(contentType)).toBe(true);
    expect(encryption(key('k1', 1)).unprotect(content, OWNER)).toEqual(PLAIN);
  });

  test('the newest key encrypts, the older ones still decrypt', () => {
    const old = encryption(key('k1', 1)).protect(PLAIN, OWNER).content;
    const rotated = encryption(key('k2', 2), key('k1', 1));
    expect(rotated.unprotect(old, OWNER)).toEqual(PLAIN);
    const { content } = rotated.protect(PLAIN, OWNER);
    expect(JSON.parse(content.toString())).toMatchObject({ v: 1, kid: 'k2' });
    expect(() => encryption(key('k1', 1)).unprotect(content, OWNER)).toThrow(/no key k2/);
  });

  test.each([
    ['another id', { ...OWNER, id: 'id-2' }],
    ['another name', { ...OWNER, name: 'tasks.other' }],
    ['a result', { use: 'result' } as const],
  ])('refuses the body under %s', (_what, owner) => {
    const { content } = encryption(key('k1', 1)).protect(PLAIN, OWNER);
    expect(() => encryption(key('k1', 1)).unprotect(content, owner)).toThrow(
      expect.objectContaining({ code: 'protection_failed' }),
    );
  });

  test.each([
    ['kid', 'k2'],
    ['type', 'application/x-yaml'],
    ['encoding', 'binary'],
    ['iv', 'AAAA'],
    ['iv', ''],
    ['data', 'AAAA'],
    ['data', ''],
    ['v', 2],
    ['data', 7],
  ])('refuses an envelope whose %s was changed to %p', (field, value) => {
    const both = encryption(key('k1', 1), key('k2', 1));
    const envelope = JSON.parse(both.protect(PLAIN, OWNER).content.toString());
    const changed = Buffer.from(JSON.stringify({ ...envelope, [field]: value }));
    expect(() => both.unprotect(changed, OWNER)).toThrow(
      expect.objectContaining({ code: 'protection_failed' }),
    );
  });

  test.each(['', 'null', '7', '[]', '{'])('refuses %p, which is no envelope', (text) => {
    expect(() => encryption(key('k1', 1)).unprotect(Buffer.from(text), OWNER)).toThrow(
      expect.objectContaining({ code: 'protection_failed' }),
    );
  });

  test.each([
    ['', /no key/],
    ['k1:AAAA', /key 1 is not/],
    [`${key('k1', 1)},k1`, /key 2 is not/],
    [`${key('k1', 1)} ${key('k1', 2)}`, /alike/],
  ])('refuses the keys %p without telling them', (text, message) => {
    expect(() => parseEncryptionKeys(text)).toThrow(message);
  });
});
