export { type OpenApiDocument, openApiDocument } from './openapi-document';
export { PageAssets } from './page-assets';
export { docsRoutes } from './routes';
export type { JsonSchema } from './schema-to-json';
export { DocsService } from './service';
