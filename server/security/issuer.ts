import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

export interface IssuerOptions {
  /** Where its public keys are; from the configuration, never from a token. */
  readonly jwksUrl: string;
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** `aud` of the tokens that are meant for this gateway. */
  readonly audience: string;
}

/** Signatures with a public key only: with a shared secret whoever verifies could also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const TIMEOUT_MS = 5000;
const CLOCK_TOLERANCE_SECONDS = 5;

/** Checks tokens against the keys that an issuer publishes; they are fetched when needed and kept for a while. */
export function tokenCheck({
  jwksUrl,
  issuer,
  audience,
}: IssuerOptions): (token: string) => Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: TIMEOUT_MS });
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  };
}
