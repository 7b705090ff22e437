import { silentLogger, systemClock } from '../../runtime';
import { createGatewayCore } from '../../server/bootstrap';
import { loadServerConfig } from '../../server/config';
import { type OpenApiDocument, openApiDocument } from '../../server/docs';

/** The document of a gateway with everything switched on, so that no route is missing. */
export function wholeDocument(): OpenApiDocument {
  const config = loadServerConfig({ RABBITMQ_MANAGEMENT_ENABLED: 'true' });
  return openApiDocument(createGatewayCore({ config, logger: silentLogger(), clock: systemClock }).routes);
}

/** docs/openapi.json */
export function openApiPage(): string {
  return `${JSON.stringify(wholeDocument(), null, 1)}\n`;
}
