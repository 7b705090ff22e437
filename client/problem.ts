import type { Problem } from './operations';

/** A request that was not answered as asked. `code` is stable and listed in docs/errors.md; texts are not. */
export class GatewayProblem extends Error {
  override readonly name = 'GatewayProblem';
  readonly status: number;
  readonly code: Problem['code'] | 'UNKNOWN';
  /** Undefined where something else than the gateway answered, such as a proxy. */
  readonly problem: Problem | undefined;
  /** Seconds after which to ask again, where that makes sense. */
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Pick<Response, 'status' | 'headers'>, problem: Problem | undefined) {
    super(problem === undefined ? `HTTP status ${response.status}` : `${problem.code}: ${problem.detail}`);
    this.status = response.status;
    this.problem = problem;
    this.code = problem?.code ?? 'UNKNOWN';
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  }
}
