import type { Request } from 'express';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { PAGE, PAGE_SECURITY_POLICY } from './page';
import type { PageAssets } from './page-assets';
import { assetSchema, documentSchema } from './schema';
import type { DocsService } from './service';

export interface DocsRoutesDeps {
  readonly service: Pick<DocsService, 'document'>;
  readonly assets: Pick<PageAssets, 'get'>;
}

/** The files change with the package only, and the gateway is restarted then. */
const ASSETS_MAX_AGE_SECONDS = 3600;

/** What the gateway tells of itself. Open: the interface is no secret, and a page cannot send a key for its own parts. */
export function docsRoutes({ service, assets }: DocsRoutesDeps): readonly RouteDefinition[] {
  function document(req: Request, res: GatewayResponse): void {
    const { text, etag } = service.document();
    res.setHeader('ETag', etag);
    res.setHeader('Cache-Control', 'no-cache');
    if (req.headers['if-none-match'] === etag) {
      res.status(304).end();
      return;
    }
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(text);
  }

  function page(req: Request, res: GatewayResponse): void {
    res.setHeader('Cache-Control', 'no-cache');
    // The page names its parts relative to itself, so that it works behind a proxy's prefix.
    if (req.path.endsWith('/')) {
      res.status(308).setHeader('Location', '../docs').end();
      return;
    }
    res.setHeader('Content-Security-Policy', PAGE_SECURITY_POLICY);
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    res.end(PAGE);
  }

  async function asset(req: Request, res: GatewayResponse): Promise<void> {
    const { file } = validated(assetSchema, { file: pathParameter(req, 'file') });
    const { content, contentType } = await assets.get(file);
    res.setHeader('Content-Type', contentType);
    res.setHeader('Cache-Control', `public, max-age=${ASSETS_MAX_AGE_SECONDS}`);
    res.end(content);
  }

  const open = {
    method: 'get',
    scope: null,
    bucket: 'none',
    body: 'none',
    startsWork: false,
  } as const;
  return [
    {
      ...open,
      path: '/openapi.json',
      api: {
        summary: 'This document',
        operationId: 'getOpenApi',
        problems: [],
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
      handle: document,
    },
    {
      ...open,
      path: '/docs',
      api: {
        summary: 'This document as a page that can send requests',
        operationId: 'getDocsPage',
        problems: [],
        tag: 'docs',
        responses: {
          200: { description: 'A page.', contentType: 'text/html' },
          308: { description: 'To the address without the slash.', headers: { Location: 'The page.' } },
        },
      },
      handle: page,
    },
    {
      ...open,
      path: '/docs/:file',
      api: {
        summary: 'What the page loads',
        operationId: 'getDocsFile',
        problems: [],
        tag: 'docs',
        params: assetSchema,
        responses: { 200: { description: 'A script or a style sheet.', contentType: 'text/*' } },
      },
      handle: asset,
    },
  ];
}
