import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentProtection } from '../protocol';
import { CertificateStore, SigningCertificate } from './certificate-store';
import { parseEncryptionKeys } from './encryption-keys';
import { MessageSigning, type SignatureFormat } from './message-signing';
import { PayloadEncryption } from './payload-encryption';

/** The settings of gateway and worker, by their names there. */
export interface ProtectionSettings {
  readonly CELERY_ENCRYPTION_KEYS?: string | undefined;
  readonly CELERY_ENCRYPTION_KEYS_FILE?: string | undefined;
  readonly CELERY_SECURITY_KEY?: string | undefined;
  readonly CELERY_SECURITY_KEY_PASSWORD?: string | undefined;
  readonly CELERY_SECURITY_CERTIFICATE?: string | undefined;
  readonly CELERY_SECURITY_CERT_STORE?: string | undefined;
  readonly CELERY_SECURITY_DIGEST: string;
  readonly CELERY_SECURITY_FORMAT: SignatureFormat;
  readonly CELERY_ACCEPT_UNPROTECTED: boolean;
}

/**
 * Reads keys and certificates once, at start.
 * @returns undefined where neither signing nor encryption is set
 * @throws Error in the operator's words for both at once, half of a set, and files that cannot be used
 */
export function loadProtection(
  settings: ProtectionSettings,
  now: () => number,
): ContentProtection | undefined {
  const required = !settings.CELERY_ACCEPT_UNPROTECTED;
  const keys = encryptionKeys(settings);
  const signing = signingFiles(settings);
  if (keys !== undefined && signing !== undefined)
    throw new Error('CELERY_ENCRYPTION_KEYS and CELERY_SECURITY_KEY exclude each other');
  if (keys !== undefined)
    return new PayloadEncryption({
      keys: naming('CELERY_ENCRYPTION_KEYS', () => parseEncryptionKeys(keys)),
      required,
    });
  if (signing === undefined) return undefined;
  const { CELERY_SECURITY_DIGEST: digest, CELERY_SECURITY_FORMAT: format } = settings;
  const certificate = naming('CELERY_SECURITY_CERTIFICATE', () => certificateIn(signing.certificate));
  const key = naming('CELERY_SECURITY_KEY', () =>
    privateKeyIn(signing.key, settings.CELERY_SECURITY_KEY_PASSWORD),
  );
  const store = naming('CELERY_SECURITY_CERT_STORE', () => storeIn(signing.store, now()));
  return new MessageSigning({ key, certificate, store, digest, format, required, now });
}

function encryptionKeys(settings: ProtectionSettings): string | undefined {
  const { CELERY_ENCRYPTION_KEYS: text, CELERY_ENCRYPTION_KEYS_FILE: file } = settings;
  if (text !== undefined || file === undefined) return text;
  return naming('CELERY_ENCRYPTION_KEYS_FILE', () => readFileSync(file, 'utf8'));
}

function signingFiles(settings: ProtectionSettings) {
  const {
    CELERY_SECURITY_KEY: key,
    CELERY_SECURITY_CERTIFICATE: certificate,
    CELERY_SECURITY_CERT_STORE: store,
  } = settings;
  if (key === undefined && certificate === undefined && store === undefined) return undefined;
  if (key === undefined || certificate === undefined || store === undefined)
    throw new Error(
      'CELERY_SECURITY_KEY, CELERY_SECURITY_CERTIFICATE and CELERY_SECURITY_CERT_STORE go together',
    );
  return { key, certificate, store };
}

const certificateIn = (file: string): SigningCertificate => new SigningCertificate(readFileSync(file));

const privateKeyIn = (file: string, passphrase: string | undefined) =>
  createPrivateKey({ key: readFileSync(file), ...(passphrase === undefined ? {} : { passphrase }) });

/** One file, or all of a folder; an expired one is said at start (celery/security/certificate.py `FSCertStore`). */
function storeIn(path: string, now: number): CertificateStore {
  const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
  const certificates = files.map(certificateIn);
  const expired = certificates.find((certificate) => certificate.hasExpired(now));
  if (expired !== undefined) throw new Error(`the certificate ${expired.id} has expired`);
  return new CertificateStore(certificates);
}

function naming<T>(setting: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    throw new Error(`${setting}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
