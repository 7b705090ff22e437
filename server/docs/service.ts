import { createHash } from 'node:crypto';
import type { RouteDefinition } from '../http/route';
import { openApiDocument } from './openapi-document';

/** The document as it goes out. */
export interface ServedDocument {
  readonly text: string;
  /** Strong entity tag. */
  readonly etag: string;
}

/** The OpenAPI document of a gateway: made when it is first asked for, since routes do not change while it runs. */
export class DocsService {
  private served: ServedDocument | undefined;

  /**
   * @param routes all that the gateway answers, this service's own among them.
   * @param brokers names of further brokers.
   */
  constructor(
    private readonly routes: () => readonly RouteDefinition[],
    private readonly brokers: readonly string[] = [],
  ) {}

  document(): ServedDocument {
    this.served ??= serve(JSON.stringify(openApiDocument(this.routes(), this.brokers)));
    return this.served;
  }
}

function serve(text: string): ServedDocument {
  const digest = createHash('sha256').update(text).digest('base64url');
  return { text, etag: `"${digest.slice(0, 27)}"` };
}
