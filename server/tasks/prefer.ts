/** `Prefer: wait=10` (RFC 7240), alone or among other preferences. */
const WAIT = /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;|,|$)/i;

/** Seconds the caller would like to wait, or undefined. */
export function preferredWait(header: string | readonly string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = WAIT.exec(typeof header === 'string' ? header : header.join(','))?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
