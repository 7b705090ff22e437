import { isAudited } from '../audit';
import type { ProblemCode } from '../errors';
import { problems } from '../http/problem-sources';
import { PROBLEMS } from '../http/problem-table';
import type { RouteDefinition } from '../http/route';

const OF_A_JSON_BODY: readonly ProblemCode[] = ['BODY_MALFORMED', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

const OF_A_KEY: readonly ProblemCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'IDENTITY_UNAVAILABLE',
  'KEYS_UNAVAILABLE',
];
const OF_A_REPETITION: readonly ProblemCode[] = [
  'IDEMPOTENCY_IN_FLIGHT',
  'IDEMPOTENCY_KEY_REUSED',
  'IDEMPOTENCY_UNAVAILABLE',
  // They are agreed on through the broker.
  ...problems('publishes'),
];

const when = (applies: boolean, codes: readonly ProblemCode[]): readonly ProblemCode[] =>
  applies ? codes : [];

/** What follows from the fields of a route, whatever its handler does. */
function implied(route: RouteDefinition): readonly ProblemCode[] {
  const { scope, bucket, path } = route;
  const { params, query, body } = route.api;
  const hasSchema = params !== undefined || query !== undefined || body !== undefined;
  return [
    'INTERNAL_ERROR',
    // Also the router's word on a path that cannot be decoded.
    ...when(hasSchema || path.includes(':'), ['REQUEST_INVALID']),
    ...when(scope !== null, OF_A_KEY),
    ...when(bucket !== 'none', ['RATE_LIMITED']),
    // Keys that are limited to tasks and queues, and names that are nobody's.
    ...when(scope !== null && (/:queue/.test(path) || body !== undefined), ['NAME_NOT_ALLOWED']),
    ...when(scope !== null && path.includes(':task_id'), ['TASK_NOT_FOUND']),
    ...when(route.startsWork, ['SHUTTING_DOWN']),
    ...when(route.body === 'json', OF_A_JSON_BODY),
    ...when(route.idempotent === true, OF_A_REPETITION),
    ...when(route.confirm !== undefined, ['CONFIRMATION_REQUIRED']),
    ...when(isAudited(route), ['AUDIT_UNAVAILABLE']),
  ];
}

/** The codes a route may answer, by status. */
export function problemsOf(route: RouteDefinition): ReadonlyMap<number, readonly ProblemCode[]> {
  const codes = new Set([...implied(route), ...route.api.problems]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    if (!codes.has(code)) continue;
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}
