export * from './chords';
export * from './client';
export * from './control';
export { TaskError, type TaskErrorCode, type TaskProblem } from './errors';
export * from './events';
export * from './history';
export * from './logs';
export * from './protocol';
export * from './records';
export * from './results';
export * from './revokes';
export {
  CertificateStore,
  loadProtection,
  MessageSigning,
  PayloadEncryption,
  parseEncryptionKeys,
  SigningCertificate,
} from './security';

export { BoundedIndex } from './streams';
