import { QueueError } from '../../amqp';
import type { Settings } from './dead-lettering';

/** Settings by which a message dies without being rejected. */
const SILENT_DEATHS = ['message-ttl', 'max-length', 'max-length-bytes', 'delivery-limit'] as const;

/**
 * The first RabbitMQ that tells of the last death. An older one cannot tell a later expiry from a rejection, would have the
 * message wait once more, and then drop it for going in a circle.
 */
const SINCE = { major: 3, minor: 13 } as const;

/** @throws QueueError PRECONDITION_FAILED where retries would lose messages. */
export function checkRetrySafety(queue: string, settings: Settings, serverVersion: string | undefined): void {
  const silent = SILENT_DEATHS.filter((name) => settings[`x-${name}`] !== undefined);
  if (silent.length === 0 || tellsLastDeath(serverVersion)) return;
  throw new QueueError(
    'PRECONDITION_FAILED',
    `Retries for ${queue} would lose messages: it has ${silent.join(', ')}, and RabbitMQ before 3.13 cannot tell such deaths from rejections after a retry.`,
  );
}

/** A version that is not known is taken for an old one. */
function tellsLastDeath(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > SINCE.major || (major === SINCE.major && minor >= SINCE.minor);
}
