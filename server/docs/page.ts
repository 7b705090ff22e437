/** The page and what it loads; the rest is Swagger UI's own files, from its package. */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>celery-gateway</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/page.js" defer></script>
  </head>
  <body>
    <div id="operations"></div>
  </body>
</html>
`;

/** A file of its own, since the page allows no script within it. The validator's badge would ask another host. */
export const PAGE_SCRIPT = `'use strict';
SwaggerUIBundle({
  dom_id: '#operations',
  url: 'openapi.json',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  displayRequestDuration: true,
  requestSnippetsEnabled: true,
  tryItOutEnabled: true,
});
`;

/** Only what comes from the gateway itself runs, shows or is asked; images may also be within the style sheet. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
