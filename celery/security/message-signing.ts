import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { ContentError, type ContentProtection, type SerializedContent } from '../protocol';
import type { CertificateStore, SigningCertificate } from './certificate-store';

/** `5.5` is base64 in base64, since Celery 5.5; before, signer and signature were raw (`5.2`), and 5.4 reads nothing else. */
export type SignatureFormat = '5.5' | '5.2';

/** Of all signed content (celery/security/serialization.py `register_auth`). */
export const SIGNED_CONTENT_TYPE = 'application/data';

const SEPARATOR = Buffer.from([0, 1]);

export interface MessageSigningOptions {
  readonly key: KeyObject;
  readonly certificate: SigningCertificate;
  readonly store: CertificateStore;
  /** A hash by OpenSSL's name; Celery's `security_digest`. */
  readonly digest: string;
  /** What is written; both are read. */
  readonly format: SignatureFormat;
  readonly required: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Unpacked extends SerializedContent {
  readonly signer: string;
  readonly signature: Buffer;
}

/**
 * Celery's `auth` serializer: RSA-PSS over the serialized body (celery/security/serialization.py `SecureSerializer`). It signs
 * neither headers (task name, id, ETA) nor the time, and hides nothing.
 */
export class MessageSigning implements ContentProtection {
  readonly hides = false;
  readonly contentType = SIGNED_CONTENT_TYPE;
  readonly required: boolean;
  readonly #options: MessageSigningOptions;

  constructor(options: MessageSigningOptions) {
    this.#options = options;
    this.required = options.required;
  }

  recognizes(contentType: string | undefined): boolean {
    return contentType === SIGNED_CONTENT_TYPE;
  }

  protect({ content, contentType, contentEncoding }: SerializedContent): SerializedContent {
    const { key, certificate, digest, format } = this.#options;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signature = sign(digest, content, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN });
    const signer = Buffer.from(certificate.id);
    const [who, what] = format === '5.5' ? [base64(signer), base64(signature)] : [signer, signature];
    const fields = [who, what, Buffer.from(contentType), Buffer.from(contentEncoding), content];
    const joined = Buffer.concat(
      fields.flatMap((field, index) => (index === 0 ? [field] : [SEPARATOR, field])),
    );
    return { content: base64(joined), contentType: SIGNED_CONTENT_TYPE, contentEncoding: 'utf-8' };
  }

  unprotect(content: Buffer): SerializedContent {
    const { store, digest, now } = this.#options;
    const { signer, signature, ...plain } = this.#unpack(Buffer.from(content.toString('latin1'), 'base64'));
    const { publicKey: key } = store.get(signer, now());
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const isGenuine = verify(
      digest,
      plain.content,
      { key, padding, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN },
      signature,
    );
    if (!isGenuine) throw new ContentError('protection_failed', 'the signature does not fit the content');
    return plain;
  }

  /** A raw signature may hold the separator, so its length is the key's; which form it is the signer's name tells. */
  #unpack(packed: Buffer): Unpacked {
    const { store, now } = this.#options;
    const [who, rest] = cut(packed, packed.indexOf(SEPARATOR));
    const raw = who.toString('utf8');
    if (store.has(raw)) {
      const [signature, content] = cut(rest, store.get(raw, now()).signatureBytes);
      return { signer: raw, signature, ...typed(content) };
    }
    const [signature, content] = cut(rest, rest.indexOf(SEPARATOR));
    return { signer: unbase64(who).toString('utf8'), signature: unbase64(signature), ...typed(content) };
  }
}

function typed(fields: Buffer): SerializedContent {
  const [type, rest] = cut(fields, fields.indexOf(SEPARATOR));
  const [encoding, content] = cut(rest, rest.indexOf(SEPARATOR));
  return { content, contentType: type.toString(), contentEncoding: encoding.toString() };
}

function cut(fields: Buffer, at: number): readonly [Buffer, Buffer] {
  const end = at + SEPARATOR.length;
  if (at < 0 || !fields.subarray(at, end).equals(SEPARATOR))
    throw new ContentError('protection_failed', 'the content is not signed as Celery signs');
  return [fields.subarray(0, at), fields.subarray(end)];
}

const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64'));
const unbase64 = (text: Buffer): Buffer => Buffer.from(text.toString('latin1'), 'base64');
