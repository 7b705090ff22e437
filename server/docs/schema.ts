import Joi from 'joi';
import { preparedQuery } from '../http/validation';
import { PAGE_ASSETS } from './page-assets';

/** The answer of `GET /openapi.json`, as far as it is worth telling: its own format is OpenAPI's. */
export const documentSchema = Joi.object({
  openapi: Joi.string().required(),
  info: Joi.object().required(),
  paths: Joi.object().required(),
}).unknown();

/** The path parameter of `GET /docs/{file}`. */
export const assetSchema = preparedQuery<{ readonly file: string }>(
  Joi.object<{ readonly file: string }>({
    file: Joi.string()
      .valid(...PAGE_ASSETS)
      .required(),
  }),
);
