/** What a secret is replaced by; the same length for all, so that nothing of it is told. */
const REDACTED = '[redacted]';

/** `scheme://user:password@host`: the userinfo goes. A password may itself hold `@` or `/` when badly encoded. */
const URL_USERINFO = /\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s"'<>\\]*@/gi;

/** Gateway keys (`cgw_<id>_<secret>`): the id stays, for it is what an operator needs to find the key. */
const GATEWAY_KEY = /\bcgw_([A-Za-z0-9]{1,32})_[A-Za-z0-9_-]{8,}/g;

/** Bearer and Basic credentials wherever a header was printed. */
const AUTHORIZATION = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** JSON members whose names say that their value is secret. */
const SECRET_MEMBER =
  /("(?:[\w.-]*(?:password|passwd|secret|token|authorization|cookie|x-api-key|api_?key|passphrase|credential)[\w.-]*)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;

/** Takes secrets out of a text that is about to be written somewhere people read. */
export function redact(text: string): string {
  let out = text;
  if (out.includes('://')) out = out.replace(URL_USERINFO, `$1${REDACTED}@`);
  if (out.includes('cgw_')) out = out.replace(GATEWAY_KEY, `cgw_$1_${REDACTED}`);
  if (out.includes('"')) out = out.replace(SECRET_MEMBER, `$1"${REDACTED}"`);
  return out.replace(AUTHORIZATION, `$1 ${REDACTED}`);
}
