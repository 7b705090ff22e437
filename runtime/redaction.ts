/** What a secret is replaced by; the same length for all, so that nothing of it is told. */
const REDACTED = '[redacted]';

/** `scheme://user:password@host`: the userinfo goes. A password may itself hold `@` or `/` when badly encoded. */
const URL_USERINFO = /\b([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s"'<>\\]*@/gi;

/** Gateway keys (`ck_<env>_<id>_<secret>`, `cgw_<id>_<secret>`): all but the secret stays, for it tells an operator which key. */
const GATEWAY_KEY = /\b(ck_[a-z0-9]{1,16}_[A-Za-z0-9]{1,32}|cgw_[A-Za-z0-9]{1,32})_[A-Za-z0-9_-]{8,}/g;

/** JSON Web Tokens, wherever one was printed: the header's `{"` in base64 begins each. */
const JWT = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+/g;

/** Bearer and Basic credentials wherever a header was printed. */
const AUTHORIZATION = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** JSON members whose names say that their value is secret. */
const SECRET_MEMBER =
  /("(?:[\w.-]*(?:password|passwd|secret|token|authorization|cookie|x-api-key|api_?key|passphrase|credential)[\w.-]*)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;

/** Takes secrets out of a text that is about to be written somewhere people read. */
export function redact(text: string): string {
  let out = text;
  if (out.includes('://')) out = out.replace(URL_USERINFO, `$1${REDACTED}@`);
  if (out.includes('ck_') || out.includes('cgw_')) out = out.replace(GATEWAY_KEY, `$1_${REDACTED}`);
  if (out.includes('eyJ')) out = out.replace(JWT, REDACTED);
  if (out.includes('"')) out = out.replace(SECRET_MEMBER, `$1"${REDACTED}"`);
  return out.replace(AUTHORIZATION, `$1 ${REDACTED}`);
}
