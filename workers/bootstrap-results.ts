import type { ConfirmPublisher, Topology } from '../amqp';
import { RpcChordCounter } from '../celery/chords';
import type { ChordCounter } from '../celery/client';
import {
  NullResults,
  RedisResults,
  type ResultWriter,
  RpcResultWriter,
  resultBackendKind,
} from '../celery/results';
import type { WorkerParts } from './worker-parts';

/** As the gateways name it by default. */
const RESULT_STREAM = 'celery-gateway.results';

/** Who counts the chords this worker starts: Redis, or with rpc the gateways, where they see the header's results. */
export function chordCounterOf(
  parts: WorkerParts,
  made: { readonly publisher: ConfirmPublisher; readonly topology: Topology },
  redis: RedisResults | undefined,
): ChordCounter | undefined {
  const { chordCounter, chordQueue, resultStream = RESULT_STREAM } = parts;
  if (chordCounter !== undefined) return chordCounter(made);
  if (resultBackendKind(parts.resultBackend) !== 'rpc') return redis?.chords;
  const supported = (replyTo: string): boolean => replyTo === resultStream;
  return new RpcChordCounter({ ...made, queue: chordQueue, supported });
}

/** Where this worker's results go. */
export function resultWriter(parts: WorkerParts, publisher: ConfirmPublisher): ResultWriter {
  switch (resultBackendKind(parts.resultBackend)) {
    case 'rpc':
      return new RpcResultWriter({
        publisher,
        protection: parts.protectsResults ? parts.protection : undefined,
      });
    case 'redis':
      return new RedisResults({
        url: parts.resultBackend,
        expiresSeconds: parts.resultExpiresSeconds,
        chordExpiresSeconds: parts.chordExpiresSeconds,
        chordOrdered: parts.chordOrdered,
        chordClaimSeconds: parts.chordClaimSeconds,
        chordScope: fleetOf(parts.brokerUrls),
        protection: parts.protection,
        protectsResults: parts.protectsResults,
        logger: parts.logger,
      });
    default:
      return new NullResults();
  }
}

/** Hosts and virtual host, without credentials: workers that name their broker alike are one fleet. */
const fleetOf = (brokerUrls: readonly string[]): string =>
  brokerUrls
    .map((url) => {
      const { host, pathname } = new URL(url);
      return host + (pathname || '/');
    })
    .sort((a, b) => a.localeCompare(b))
    .join(',');
