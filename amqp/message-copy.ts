import type { Delivery } from './delivery';
import type { HeaderTable, MessageProperties } from './message';

/** A message as it can be published again. */
export interface MessageCopy {
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

/**
 * The same message, ready to go elsewhere: body, properties and headers as they came. Left behind are `CC` (it would add routes a
 * second time), `x-delivery-count` (the broker's own count) and the user id (the broker takes none but the publisher's own).
 *
 * Publish it with `trustedHeaders`: it carries the broker's marks of its road.
 */
export const copyOf = (delivery: Pick<Delivery, 'content' | 'properties' | 'headers'>): MessageCopy => {
  const { properties } = delivery;
  return {
    content: delivery.content,
    properties: {
      contentType: properties.contentType,
      contentEncoding: properties.contentEncoding,
      headers: withoutRoutes(delivery.headers),
      deliveryMode: properties.deliveryMode === 1 ? 1 : 2,
      priority: properties.priority,
      correlationId: properties.correlationId,
      replyTo: properties.replyTo,
      expiration: properties.expiration,
      messageId: properties.messageId,
      timestamp: properties.timestamp,
      type: properties.type,
      appId: properties.appId,
    },
  };
};

const LEFT_BEHIND = ['CC', 'BCC', 'x-delivery-count', 'x-acquired-count'] as const;

const withoutRoutes = (headers: HeaderTable): HeaderTable => {
  if (!LEFT_BEHIND.some((name) => Object.hasOwn(headers, name))) return headers;
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !(LEFT_BEHIND as readonly string[]).includes(name)),
  );
};
