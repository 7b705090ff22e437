import { choice, integer, LOG_FORMATS, LOG_LEVELS, optionalText, text } from '../../runtime';

/** The HTTP side: where it listens, what it allows, how it stops, what it logs. */
export const httpSettings = {
  GATEWAY_HOST: text({ default: '127.0.0.1', description: 'Address to listen on; 0.0.0.0 in a container.' }),
  GATEWAY_PORT: integer({
    default: 8000,
    min: 0,
    max: 65_535,
    description: 'Port to listen on; 0 takes a free one.',
  }),
  GATEWAY_TLS_CERT_FILE: optionalText({
    description:
      'PEM file of the certificate chain: the gateway then serves HTTPS only. Read anew when it changes.',
  }),
  GATEWAY_TLS_KEY_FILE: optionalText({ description: 'PEM file of its key; needed with the above.' }),
  TRUST_PROXY: integer({
    default: 0,
    min: 0,
    max: 32,
    description: 'Number of reverse proxies in front whose X-Forwarded-For is believed.',
  }),
  GATEWAY_BODY_LIMIT_BYTES: integer({
    default: 262_144,
    min: 1024,
    max: 104_857_600,
    description: 'Largest request body, after decompression (413 beyond).',
  }),
  GATEWAY_JSON_MAX_DEPTH: integer({
    default: 32,
    min: 4,
    max: 200,
    description: 'Deepest nesting of a JSON body. Some hundred levels kill a Python worker.',
  }),
  GATEWAY_WAIT_MAX_SECONDS: integer({
    default: 60,
    min: 0,
    max: 3600,
    description: 'Longest wait of ?wait= and Prefer: wait=; a longer one is cut to it.',
  }),
  GATEWAY_MAX_WAITERS: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Requests that may wait for a result at the same time; one more is answered at once.',
  }),
  GATEWAY_MAX_WAITERS_PER_KEY: integer({
    default: 500,
    min: 1,
    max: 100_000,
    description: 'As many of them one API key may have.',
  }),
  GATEWAY_MAX_CONNECTIONS: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Open connections; more are closed at once.',
  }),
  GATEWAY_HEADERS_TIMEOUT_MS: integer({
    default: 10_000,
    min: 100,
    max: 600_000,
    description: 'How long a request may take to send its headers.',
  }),
  GATEWAY_REQUEST_TIMEOUT_MS: integer({
    default: 30_000,
    min: 100,
    max: 600_000,
    description: 'How long a request may take to arrive whole.',
  }),
  GATEWAY_KEEP_ALIVE_TIMEOUT_MS: integer({
    default: 65_000,
    min: 0,
    max: 600_000,
    description: "How long an idle connection is kept; longer than the load balancer's own.",
  }),
  GATEWAY_CONNECTIONS_CHECK_INTERVAL_MS: integer({
    default: 2000,
    min: 50,
    max: 60_000,
    description: 'How often the two timeouts above are enforced.',
  }),
  GATEWAY_MAX_HEADER_BYTES: integer({
    default: 16_384,
    min: 1024,
    max: 1_048_576,
    description: 'Largest header section of a request (431 beyond).',
  }),
  GATEWAY_DRAIN_DELAY_MS: integer({
    default: 0,
    min: 0,
    max: 600_000,
    description: 'Between readiness turning 503 and the listener closing, so that load balancers notice.',
  }),
  GATEWAY_STOP_DEADLINE_MS: integer({
    default: 10_000,
    min: 100,
    max: 600_000,
    description: 'The whole graceful stop, drain delay included, is over within this.',
  }),
  LOG_LEVEL: choice(LOG_LEVELS, { default: 'info', description: 'Least level that is logged.' }),
  LOG_FORMAT: choice(LOG_FORMATS, {
    default: 'json',
    description: 'One JSON object per line, or readable lines.',
  }),
  GATEWAY_ACCESS_LOG: choice(['all', 'problems', 'off'], {
    default: 'problems',
    description: 'Which requests are logged: all, those answered 400 and above, or none.',
  }),
} as const;
