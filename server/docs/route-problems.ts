import type { ProblemCode } from '../errors';
import { PROBLEMS } from '../http/problem-table';
import type { RouteDefinition } from '../http/route';

/** Said where no route was found, so no route answers them. */
const OF_NO_ROUTE: ReadonlySet<ProblemCode> = new Set(['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED']);
const OF_A_JSON_BODY: readonly ProblemCode[] = ['BODY_MALFORMED', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** What follows from the fields of a route, whatever its handler does. */
function implied(route: RouteDefinition): readonly ProblemCode[] {
  const { params, query, body } = route.api;
  const hasSchema = params !== undefined || query !== undefined || body !== undefined;
  return [
    'INTERNAL_ERROR',
    // Also the router's word on a path that cannot be decoded.
    ...(hasSchema || route.path.includes(':') ? (['REQUEST_INVALID'] as const) : []),
    ...(route.scope === null ? [] : (['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED'] as const)),
    ...(route.bucket === 'none' ? [] : (['RATE_LIMITED'] as const)),
    ...(route.startsWork ? (['SHUTTING_DOWN'] as const) : []),
    ...(route.body === 'json' ? OF_A_JSON_BODY : []),
  ];
}

function anyCode(): readonly ProblemCode[] {
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => !OF_NO_ROUTE.has(code));
}

/** The codes a route may answer, by status. */
export function problemsOf(route: RouteDefinition): ReadonlyMap<number, readonly ProblemCode[]> {
  const own = route.api.problems ?? (route.scope === null ? [] : anyCode());
  const codes = new Set([...implied(route), ...own]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    if (!codes.has(code)) continue;
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}
