import type Joi from 'joi';
import { type InputProblem, inputError } from '../errors';

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const OPTIONS: Joi.ValidationOptions = {
  abortEarly: false,
  // JSON has types: "1" for 1 would be the caller's mistake, found late.
  convert: false,
  errors: { wrap: { label: false }, label: 'key' },
};

/** Schemas are prepared once; joi clones one each time that options are given with a call. */
export function prepared<T>(schema: Joi.ObjectSchema<T>): Joi.ObjectSchema<T> {
  return schema.prefs(OPTIONS);
}

/** The same for queries and path parameters, which are texts to begin with. */
export function preparedQuery<T>(schema: Joi.ObjectSchema<T>): Joi.ObjectSchema<T> {
  return schema.prefs({ ...OPTIONS, convert: true });
}

/** @throws GatewayError REQUEST_INVALID with all problems. */
export function validated<T>(schema: Joi.ObjectSchema<T>, input: unknown): T {
  const { value, error } = schema.validate(input);
  if (error === undefined) return value;
  const errors: InputProblem[] = error.details.map((detail) => ({
    pointer: pointerOf(detail.path),
    detail: detail.message,
  }));
  throw inputError('REQUEST_INVALID', 'The request does not match its schema.', errors);
}
