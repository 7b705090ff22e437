import { createPrivateKey } from 'node:crypto';
import { CertificateStore, MessageSigning, SigningCertificate } from '../../../../celery';
import { Certificates } from '../../../support/certificates';

const PLAIN = {
  content: Buffer.from('[["a\u0000\u0001b"], {}, {}]'),
  contentType: 'application/json',
  contentEncoding: 'utf-8',
};

describe('message signing', () => {
  let files: Certificates;

  beforeAll(async () => {
    files = await Certificates.create();
    await files.issue('one');
    await files.issue('other');
  });

  afterAll(() => files.remove());

  const signing = (format: '5.5' | '5.2', trusted = ['one.pem'], now = Date.now()): MessageSigning =>
    new MessageSigning({
      key: createPrivateKey(files.read('one.key')),
      certificate: new SigningCertificate(files.read('one.pem')),
      store: new CertificateStore(trusted.map((name) => new SigningCertificate(files.read(name)))),
      digest: 'sha256',
      format,
      required: true,
      now: () => now,
    });

  test.each(['5.5', '5.2'] as const)('written as Celery %s does, it is read by either', (format) => {
    const { content, contentType, contentEncoding } = signing(format).protect(PLAIN);
    expect({ contentType, contentEncoding }).toEqual({
      contentType: 'application/data',
      contentEncoding: 'utf-8',
    });
    expect(signing('5.5').unprotect(content)).toEqual(PLAIN);
    expect(signing('5.2').unprotect(content)).toEqual(PLAIN);
  });

  test.each(['5.5', '5.2'] as const)('as Celery %s does, refuses what was changed', (format) => {
    const { content } = signing(format).protect(PLAIN);
    const bytes = Buffer.from(content.toString(), 'base64');
    bytes[bytes.length - 1] = 0x20;
    expect(() => signing(format).unprotect(Buffer.from(bytes.toString('base64')))).toThrow(/signature/);
  });

  test('refuses an unknown signer, an expired certificate, and what is not signed', () => {
    const { content } = signing('5.5').protect(PLAIN);
    expect(() => signing('5.5', ['other.pem']).unprotect(content)).toThrow(/unknown certificate/);
    const later = Date.now() + 3 * 86_400_000;
    expect(() => signing('5.5', ['one.pem'], later).unprotect(content)).toThrow(/expired/);
    for (const text of ['', '[]', 'AAAA', Buffer.from([0, 1, 0, 1]).toString('base64')]) {
      expect(() => signing('5.5').unprotect(Buffer.from(text))).toThrow(
        expect.objectContaining({ code: 'protection_failed' }),
      );
    }
  });

  test('names a certificate by issuer and decimal serial number', () => {
    const certificate = new SigningCertificate(files.read('one.pem'));
    expect(certificate.id).toMatch(/^Test CA \d+$/);
  });
});
