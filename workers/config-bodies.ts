import Joi from 'joi';

/** How bodies are written for the broker: compressed, encrypted, signed. The gateway has the same names. */
export const bodySettings = {
  CELERY_TASK_COMPRESSION: Joi.string()
    .valid('none', 'zlib', 'brotli', 'zstd')
    .default('none')
    .description('Compression of the bodies of tasks that its tasks send; zstd needs Node 22.15.'),
  CELERY_TASK_COMPRESSION_MIN_BYTES: Joi.number()
    .integer()
    .min(0)
    .max(16 * 1024 * 1024)
    .default(16_384)
    .description('Smaller bodies are sent as they are.'),
  CELERY_ENCRYPTION_KEYS: Joi.string().meta({ secret: true }).description('As for the gateway.'),
  CELERY_ENCRYPTION_KEYS_FILE: Joi.string().description('As for the gateway.'),
  CELERY_SECURITY_KEY: Joi.string().description('As for the gateway.'),
  CELERY_SECURITY_KEY_PASSWORD: Joi.string().meta({ secret: true }).description('As for the gateway.'),
  CELERY_SECURITY_CERTIFICATE: Joi.string().description('As for the gateway.'),
  CELERY_SECURITY_CERT_STORE: Joi.string().description('As for the gateway.'),
  CELERY_SECURITY_DIGEST: Joi.string().default('sha256').description('As for the gateway.'),
  CELERY_SECURITY_FORMAT: Joi.string().valid('5.5', '5.2').default('5.5').description('As for the gateway.'),
  CELERY_ACCEPT_UNPROTECTED: Joi.boolean().default(false).description('As for the gateway.'),
  CELERY_PROTECT_RESULTS: Joi.boolean()
    .default(false)
    .description('The worker signs or encrypts its results as well. Python reads them with the same keys.'),
};
