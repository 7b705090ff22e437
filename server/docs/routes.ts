import type { RouteDefinition } from '../http/route';
import { documentSchema } from './schema';
import type { DocsService } from './service';

/** What the gateway tells of itself. Open: the interface is no secret, and a page cannot send a key for its own parts. */
export function docsRoutes(service: Pick<DocsService, 'document'>): readonly RouteDefinition[] {
  return [
    {
      method: 'get',
      path: '/openapi.json',
      scope: null,
      bucket: 'none',
      body: 'none',
      startsWork: false,
      api: {
        summary: 'This document',
        operationId: 'getOpenApi',
        tag: 'docs',
        headers: { 'If-None-Match': 'The ETag of an answer that is still at hand: 304 when it holds.' },
        responses: {
          200: {
            description: 'OpenAPI 3.1.',
            schema: documentSchema,
            headers: { ETag: 'Changes with the document.' },
          },
          304: { description: 'The document at hand holds.' },
        },
      },
      handle: (req, res) => {
        const { text, etag } = service.document();
        res.setHeader('ETag', etag);
        res.setHeader('Cache-Control', 'no-cache');
        if (req.headers['if-none-match'] === etag) {
          res.status(304).end();
          return;
        }
        res.setHeader('Content-Type', 'application/json; charset=utf-8');
        res.end(text);
      },
    },
  ];
}
