import type { DirectReply } from '../../amqp';
import { type ProblemPlace, problemOf } from '../http/problem';
import { plainValue, propertiesView, readMessage } from '../queue-contents';
import type { BatchOutcome, RequestOutcome } from './service';

export function publishedView(messageId: string): object {
  return { message_id: messageId };
}

export function batchView(outcomes: readonly BatchOutcome[], place: ProblemPlace): object {
  const items = outcomes.map((outcome) =>
    'messageId' in outcome ? { message_id: outcome.messageId } : { error: problemOf(outcome.error, place) },
  );
  const published = outcomes.filter((outcome) => 'messageId' in outcome).length;
  return { published, failed: outcomes.length - published, items };
}

/** Replies are shown whole: the caller has waited for this one. */
function replyView({ content, properties, headers }: DirectReply): object {
  const message = { content, properties, headers, exchange: '', routingKey: '', redelivered: false };
  return {
    properties: propertiesView(properties),
    headers: plainValue(headers),
    payload: readMessage(message, content.length, undefined).payload,
  };
}

export function repliedView({ messageId, correlationId, reply }: RequestOutcome): object {
  return { message_id: messageId, correlation_id: correlationId, reply: replyView(reply) };
}
