import { choice, flag, integer, optionalSecret, optionalText, text } from '../../runtime';

/** How the bodies of tasks are written for the broker. The worker has the same names. */
export const protectionSettings = {
  CELERY_TASK_COMPRESSION: choice(['none', 'zlib', 'brotli', 'zstd'], {
    default: 'none',
    description: 'Compression of task bodies whose submission names none; zstd needs Node 22.15.',
  }),
  CELERY_TASK_COMPRESSION_MIN_BYTES: integer({
    default: 16_384,
    min: 0,
    max: 16 * 1024 * 1024,
    description: 'Smaller bodies are sent as they are.',
  }),
  CELERY_ENCRYPTION_KEYS: optionalSecret({
    description:
      'Encrypts task bodies (AES-256-GCM): keys as id:base64 of 32 bytes, separated by commas. The first encrypts, all decrypt. Workers need them too.',
  }),
  CELERY_ENCRYPTION_KEYS_FILE: optionalText({
    description: 'File of such keys, one a line, in place of the variable.',
  }),
  CELERY_SECURITY_KEY: optionalText({
    description: "Signs task bodies (Celery's auth serializer): file of an RSA private key, PEM.",
  }),
  CELERY_SECURITY_KEY_PASSWORD: optionalSecret({ description: 'Of that key, if it has one.' }),
  CELERY_SECURITY_CERTIFICATE: optionalText({ description: 'File of its certificate, PEM.' }),
  CELERY_SECURITY_CERT_STORE: optionalText({
    description: 'File or folder of the certificates whose signatures count.',
  }),
  CELERY_SECURITY_DIGEST: text({ default: 'sha256', description: "Celery's security_digest." }),
  CELERY_SECURITY_FORMAT: choice(['5.5', '5.2'], {
    default: '5.5',
    description:
      'How signatures are packed: as Celery from 5.5 on reads them, or as those before. Both are read.',
  }),
  CELERY_ACCEPT_UNPROTECTED: flag({
    default: false,
    description: 'With signing or encryption: plain tasks are read as well, while senders are changed over.',
  }),
} as const;
