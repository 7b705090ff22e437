import Joi from 'joi';

/** The answer of `GET /openapi.json`, as far as it is worth telling: its own format is OpenAPI's. */
export const documentSchema = Joi.object({
  openapi: Joi.string().required(),
  info: Joi.object().required(),
  paths: Joi.object().required(),
}).unknown();
