import type { JsonSchema, OpenApiDocument } from '../../../server/docs';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export type Content = Readonly<
  Record<string, { readonly schema?: JsonSchema; readonly 'x-item-schema'?: JsonSchema }>
>;

/** An operation, as far as the client needs to know it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly 'x-required-scope'?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>;
}

export interface Located {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  /** Names the files it goes to. */
  readonly tag: string;
}

/** Everything the document can be asked for. */
export function operationsOf(document: OpenApiDocument): readonly Located[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => {
      const operation = each as Operation;
      const [tag] = operation.tags;
      if (tag === undefined) throw new Error(`${operation.operationId} has no tag`);
      return { method: method.toUpperCase(), path, operation, tag };
    }),
  );
}
