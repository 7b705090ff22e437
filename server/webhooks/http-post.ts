import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { CheckedAddress } from './address-guard';

export interface PostOptions {
  readonly url: URL;
  /** The only address that is connected to. */
  readonly address: CheckedAddress;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Raised when the receiver takes too long, to connect or to answer. */
export class NoAnswerInTime extends Error {}

/**
 * Posts, on a connection of its own, and resolves with the status. The answer's body is not read, and no redirect is followed:
 * where it leads was not looked at.
 */
export function httpPost({ url, address, headers, body, timeoutMs, signal }: PostOptions): Promise<number> {
  const pinned: LookupFunction = (_hostname, { all }, found) => {
    if (all === true) found(null, [address]);
    else found(null, address.address, address.family);
  };
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => request.destroy(new NoAnswerInTime()), timeoutMs);
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: pinned,
      agent: false,
      signal,
    });
    request.on('error', reject);
    request.once('close', () => clearTimeout(late));
    request.once('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.end(body);
  });
}
