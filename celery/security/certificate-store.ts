import { type KeyObject, X509Certificate } from 'node:crypto';
import { ContentError } from '../protocol';

/** A certificate as Celery names it: issuer and serial number (celery/security/certificate.py `Certificate`). */
export class SigningCertificate {
  readonly id: string;
  readonly publicKey: KeyObject;
  /** Bytes of one of its signatures. */
  readonly signatureBytes: number;
  readonly #validTo: number;

  /** @throws Error for what is no certificate of an RSA key. */
  constructor(pem: string | Buffer) {
    const certificate = new X509Certificate(pem);
    this.publicKey = certificate.publicKey;
    if (this.publicKey.asymmetricKeyType !== 'rsa') throw new Error('the certificate has no RSA key');
    this.id = `${attributeValues(certificate.issuer).join(' ')} ${BigInt(`0x${certificate.serialNumber}`)}`;
    this.signatureBytes = Math.ceil((this.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
    this.#validTo = Date.parse(certificate.validTo);
  }

  hasExpired(now: number): boolean {
    return now >= this.#validTo;
  }
}

/** One attribute in each line, `name=value`; OpenSSL escapes as RFC 2253 does. */
const attributeValues = (issuer: string): readonly string[] =>
  issuer
    .split('\n')
    .map((line) => line.slice(line.indexOf('=') + 1))
    .map((value) => value.replaceAll(/\\([0-9A-Fa-f]{2}|.)/g, (_all, escaped: string) => unescaped(escaped)));

const unescaped = (escaped: string): string =>
  escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped;

/** The certificates whose signatures count (celery/security/certificate.py `CertStore`). */
export class CertificateStore {
  readonly #byId: ReadonlyMap<string, SigningCertificate>;

  constructor(certificates: readonly SigningCertificate[]) {
    this.#byId = new Map(certificates.map((certificate) => [certificate.id, certificate]));
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @throws ContentError `protection_failed` for one that is not here or has expired. */
  get(id: string, now: number): SigningCertificate {
    const certificate = this.#byId.get(id);
    if (certificate === undefined)
      throw new ContentError('protection_failed', `unknown certificate ${id.slice(0, 128)}`);
    if (certificate.hasExpired(now)) throw new ContentError('protection_failed', `expired certificate ${id}`);
    return certificate;
  }
}
