import { decompress, encodeTaskMessage, PayloadEncryption, parseEncryptionKeys } from '../../../../celery';

const EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };
const message = (text: string) => ({
  headers: { id: 'id-1', task: 'tasks.echo' },
  properties: {},
  body: [[text], {}, EMBED] as const,
});
const LONG = 'long '.repeat(1000);

test('a body below the threshold stays as it is, one from it on is compressed', () => {
  const encoding = { serializer: 'json', compression: 'zlib', compressionMinBytes: 1000 } as const;
  expect(encodeTaskMessage(message('short'), encoding).properties.headers).not.toHaveProperty('compression');

  const { content, properties } = encodeTaskMessage(message(LONG), encoding);

  expect(properties.headers).toMatchObject({ compression: 'application/x-gzip' });
  expect(content.length).toBeLessThan(1000);
  expect(decompress(content, 'application/x-gzip').toString()).toContain(LONG);
});

test('an encrypted body is never compressed', () => {
  const keys = parseEncryptionKeys(`k:${Buffer.alloc(32).toString('base64')}`);
  const protection = new PayloadEncryption({ keys, required: true });
  const encoding = { serializer: 'json', compression: 'zlib', protection } as const;
  expect(encodeTaskMessage(message(LONG), encoding).properties.headers).not.toHaveProperty('compression');
});
