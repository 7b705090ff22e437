import { flag } from '../../runtime';

/** What the gateway tells of itself. */
export const contractSettings = {
  GATEWAY_DOCS_ENABLED: flag({
    default: true,
    description:
      'Serve the OpenAPI document at /openapi.json and the page made from it at /docs, without a key.',
  }),
} as const;
