export type { ContentProtection } from '../protocol';
export { CertificateStore, SigningCertificate } from './certificate-store';
export { type EncryptionKey, parseEncryptionKeys } from './encryption-keys';
export { loadProtection, type ProtectionSettings } from './load-protection';
export { MessageSigning, type MessageSigningOptions, type SignatureFormat } from './message-signing';
export {
  ENCRYPTED_CONTENT_TYPE,
  PayloadEncryption,
  type PayloadEncryptionOptions,
} from './payload-encryption';
