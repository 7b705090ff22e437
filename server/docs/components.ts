import { PROBLEMS } from '../http/problem-table';
import type { JsonSchema } from './schema-to-json';

const text = (description: string): JsonSchema => ({ type: 'string', description });

/** RFC 9457 with this gateway's members; the operations narrow `code` to what they can give. */
const problem: JsonSchema = {
  type: 'object',
  description: 'Why a request was not answered as asked (RFC 9457). `code` is stable; texts are not.',
  properties: {
    type: text('URI reference of the kind of problem.'),
    title: text('The kind of problem in words.'),
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: text('What went wrong this time.'),
    instance: text('The path that was asked for.'),
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    requestId: text('As in the header X-Request-Id, and in the log.'),
    errors: {
      type: 'array',
      description: 'Each place in the request that is wrong.',
      items: {
        type: 'object',
        properties: {
          pointer: text('RFC 6901 pointer, or the name of a parameter.'),
          detail: text('What is wrong.'),
        },
        required: ['pointer', 'detail'],
      },
    },
    task_id: text('The task this is about, where there is one: repeat with the same id.'),
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'],
};

const header = (description: string, schema: JsonSchema = { type: 'string' }) => ({ description, schema });

/** What the operations refer to. */
export const COMPONENTS = {
  schemas: { Problem: problem },
  headers: {
    'X-Request-Id': header(
      'Names this request in the log; the one sent with the request where it was acceptable.',
    ),
    'RateLimit-Policy': header('Requests allowed in a window of seconds, e.g. `"reads";q=600;w=60`.'),
    RateLimit: header('Requests left, and seconds until there are more, e.g. `"reads";r=599;t=60`.'),
    'Retry-After': header('Seconds after which to ask again.', { type: 'integer', minimum: 0 }),
  },
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `ck_<environment>_<id>_<secret>`.' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'The same key, where Authorization is taken.',
    },
  },
} as const;

/** A reference to a header of {@link COMPONENTS}. */
export function headerRef(name: keyof typeof COMPONENTS.headers): { readonly $ref: string } {
  return { $ref: `#/components/headers/${name}` };
}
