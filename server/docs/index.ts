export { type OpenApiDocument, openApiDocument } from './openapi-document';
export { docsRoutes } from './routes';
export { DocsService } from './service';
