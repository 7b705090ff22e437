import { Contract } from '../contract';
import type { FuzzedAnswer } from './client';
import type { FuzzedRequest, OpenApi } from './operation-requests';
import { RouteMatch } from './route-match';

/** Codes of 5xx that an answer may have: what is asked for is not configured, not there now, or did not come in time. */
export type IntendedCodes = ReadonlySet<string>;

/** What no answer may show, whatever was asked. */
const TRACES: readonly RegExp[] = [
  /\n\s+at .+:\d+:\d+/,
  /\\n\s+at .+:\d+:\d+/,
  /node_modules|node:internal|\/dist\/|\.js:\d+/,
  /amqps?:\/\/[^\s"@]+@/,
];

/** Holds each answer to the document and to what is true of every answer. */
export class Judgement {
  private readonly contract: Contract;
  private readonly routes: RouteMatch;

  constructor(
    document: OpenApi,
    private readonly intended: IntendedCodes,
    /** Texts that only the gateway knows, or the caller. */
    private readonly secrets: readonly string[],
  ) {
    this.contract = new Contract(document as unknown as Contract['document']);
    this.routes = new RouteMatch(Object.keys(document.paths));
  }

  /** What is wrong with the answer; nothing mostly. */
  wrongs(request: FuzzedRequest, answer: FuzzedAnswer): readonly string[] {
    const { status, body, end, contentType } = answer;
    const wrongs: string[] = [];
    const code = codeOf(body);
    if (end === 'cut off') wrongs.push('the answer was cut off');
    if (status >= 400 && code === undefined && request.method !== 'HEAD')
      wrongs.push(`${status} without a code`);
    const failure = this.failure(status, body, request.method === 'HEAD');
    if (failure !== undefined) wrongs.push(failure);
    if (!isPage(request.path)) {
      const trace = TRACES.find((one) => one.test(body));
      if (trace !== undefined) wrongs.push(`shows ${String(trace.exec(body)?.[0])}`);
    }
    if (this.secrets.some((secret) => body.includes(secret))) wrongs.push('shows a secret');
    if (end === 'whole') wrongs.push(...this.breaches(request, { status, contentType, body }));
    return wrongs;
  }

  /** What is wrong with a 5xx; undefined for one that is meant, and for all else. */
  failure(status: number, body: string, toHead: boolean): string | undefined {
    if (status < 500) return undefined;
    const code = codeOf(body);
    // The answer to a HEAD has no body to tell a code in: only 500 itself is told from what may be meant.
    const meant = toHead
      ? status !== 500
      : code !== undefined && (this.intended.has(code) || LATE.some((late) => late.test(body)));
    return meant ? undefined : `${status} ${code ?? 'without a code'}`;
  }

  private breaches(
    { method, path, headers, body: sent }: FuzzedRequest,
    answer: Pick<FuzzedAnswer, 'status' | 'contentType' | 'body'>,
  ): readonly string[] {
    const asJson = answer.status < 207 && headers['Content-Type'] === 'application/json';
    try {
      return this.contract.breaches({
        ...answer,
        method,
        route: this.routes.of(path),
        asked: asJson && sent !== undefined ? JSON.parse(sent.toString()) : undefined,
      });
    } catch (error) {
      return [`is not what it says it is: ${String(error)}`];
    }
  }
}

/** The pages for browsers carry code, which may look like anything. */
const isPage = (path: string): boolean => path.startsWith('/docs');

const codeOf = (body: string): string | undefined => /"code":"([A-Z_]+)"/.exec(body)?.[1];

/** The broker has other things to do as well. A connection that was lost is told in other words. */
const LATE: readonly RegExp[] = [
  /"detail":"RabbitMQ did not answer in time"/,
  /"detail":"The message could not be written within its deadline"/,
  /"detail":"[^"]*: no confirm within the deadline"/,
  // The canary of readiness.
  /"code":"CONFIRM_TIMEOUT"/,
];
