import type Joi from 'joi';

/** What a named schema carries in joi's `meta`. */
export interface SchemaName {
  readonly schemaName: string;
  /** Of the schema itself; where it is used another one may be given. */
  readonly schemaDescription?: string | undefined;
}

/**
 * Names a schema that several requests or answers share: the OpenAPI document tells it once, under this name, and generated
 * clients have one type for it. What is made from it by adding fields needs another name.
 */
export function named<S extends Joi.Schema>(schemaName: string, schema: S): S {
  const { flags } = schema.describe() as { readonly flags?: { readonly description?: string } };
  const name: SchemaName = { schemaName, schemaDescription: flags?.description };
  return schema.meta(name) as S;
}
