import type { QueueDeclaration } from '../../amqp';

/** Where joins wait; one message each. */
export const CHORD_QUEUE = 'celery-gateway.chords';

/** A join is held as long as it waits; brokers from 3.12 on know this, older ones close the channel after their own time. */
const CONSUMER_TIMEOUT_MS = 7 * 24 * 3600 * 1000;

/**
 * Durable, and one consumer at a time: all joins are held by one gateway, so that a join begun twice is seen to be one, and the
 * next gateway gets them when the channel of that one is gone.
 */
export const chordQueue = (name: string = CHORD_QUEUE): QueueDeclaration => ({
  name,
  durable: true,
  arguments: { 'x-single-active-consumer': true, 'x-consumer-timeout': CONSUMER_TIMEOUT_MS },
});
