import Joi from 'joi';

/**
 * A moment in a request body (RFC 3339), with its offset: what has none would be a moment of the gateway's own clock, another one
 * on each machine.
 */
export const momentSchema = Joi.string()
  .isoDate()
  .pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/, 'RFC 3339 moment');
