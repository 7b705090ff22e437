export { type OpenApiDocument, openApiDocument } from './openapi-document';
export { PageAssets } from './page-assets';
export { docsRoutes } from './routes';
export { DocsService } from './service';
