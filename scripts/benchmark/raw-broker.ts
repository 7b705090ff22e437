// The AMQP room has to load amqplib first: it teaches its codec integers of 64 bits.
import '../../amqp';

/** amqplib as it is, for the bench's own traffic. The baselines run in processes of their own, on the untouched library. */
export { type ChannelModel, connect } from 'amqplib';
