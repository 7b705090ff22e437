import type { Request } from 'express';
import type { ContentProtection } from '../../celery/protocol';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { EventStream } from '../http/sse';
import type { StreamLimit } from '../http/stream-limit';
import { validated } from '../http/validation';
import { messageView, readMessage } from '../queue-contents';
import { followedSchema } from './answers';
import type { ExchangeFeed } from './exchange-feed';
import { streamQuerySchema } from './schema';

/** How much of a body one event shows. */
const PAYLOAD_BYTES = 64 * 1024;

export interface MessageStreamDeps {
  readonly feed: Pick<ExchangeFeed, 'follow'>;
  readonly limit: Pick<StreamLimit, 'take'>;
  /** What signs or encrypts bodies here, if anything does. */
  readonly protection: ContentProtection | undefined;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

/** Follows an exchange as it happens. */
export function messageStreamRoute({
  feed,
  limit,
  protection,
  stopping,
}: MessageStreamDeps): RouteDefinition {
  async function stream(req: Request, res: GatewayResponse): Promise<void> {
    const query = validated(streamQuerySchema, req.query);
    const place = limit.take(res.locals.principal?.id ?? '');
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let events: EventStream | undefined;
    const over = new AbortController();
    place.until(over.signal);
    try {
      const followed = await feed.follow(query.exchange, query.routing_key, (message) => {
        if (events === undefined || left <= 0) return;
        left -= 1;
        events.send({ event: 'message', data: messageView(readMessage(message, PAYLOAD_BYTES, protection)) });
        if (left <= 0) events.end({ event: 'end', data: { reason: 'limit' } });
      });
      events = new EventStream(res, { stopping });
      const timer = setTimeout(
        () => events?.end({ event: 'end', data: { reason: 'time' } }),
        query.seconds * 1000,
      );
      const finish = (): void => {
        clearTimeout(timer);
        over.abort();
        void followed.stop();
      };
      if (events.over.aborted) finish();
      else {
        events.over.addEventListener('abort', finish, { once: true });
        // Whoever publishes from now on is heard.
        events.send({
          event: 'following',
          data: { exchange: query.exchange, routing_key: query.routing_key },
        });
      }
    } catch (error) {
      over.abort();
      throw error;
    }
  }
  return {
    method: 'get',
    path: '/rabbitmq/messages/stream',
    scope: 'queues:read',
    bucket: 'reads',
    body: 'none',
    startsWork: true,
    api: {
      summary: 'Follow an exchange as it happens (server-sent events)',
      description:
        'Copies of what is published, through a temporary queue of the last 1000 messages: a slow reader misses the oldest. Events: `following` once, `message`, `end` (by limit or time), `behind` for a reader that does not keep up, `shutdown`.',
      operationId: 'followExchange',
      problems: problems('works', 'TOO_MANY_STREAMS', 'OPERATIONS_SATURATED'),
      tag: 'messages',
      query: streamQuerySchema,
      responses: {
        200: {
          description: 'Messages as they come.',
          contentType: 'text/event-stream',
          schema: followedSchema,
        },
      },
    },
    handle: stream,
  };
}
