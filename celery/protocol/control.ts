import type { HeaderTable } from '../../amqp';
import { ContentError } from './serialization/content-error';
import { deserializeControl } from './serialization/control-content';
import type { ContentProtection } from './serialization/protection';

/** A remote control request (kombu/pidbox.py `_publish`). */
export interface ControlRequest {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Nodenames; null or empty for all. */
  readonly destination: readonly string[] | null;
  readonly pattern: string | null;
  readonly matcher: string | null;
  /** Present when an answer is wanted. */
  readonly ticket?: string | undefined;
  readonly reply_to?: ReplyTo | undefined;
}

/** Where a control answer goes. */
export interface ReplyTo {
  readonly exchange: string;
  readonly routing_key: string;
}

/** One worker's answer: its nodename and the command's value. */
export interface ControlReply {
  readonly node: string;
  readonly value: unknown;
}

/** What a caller asks for. */
export interface ControlCall {
  readonly method: string;
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
  readonly destination?: readonly string[] | undefined;
  readonly reply?: { readonly ticket: string; readonly replyTo: ReplyTo } | undefined;
}

/** The body of a control request, all five common keys present as Python has them. */
export const buildControlRequest = (call: ControlCall): ControlRequest => ({
  method: call.method,
  arguments: call.arguments ?? {},
  destination: call.destination ?? null,
  pattern: null,
  matcher: null,
  ...(call.reply && { ticket: call.reply.ticket, reply_to: call.reply.replyTo }),
});

/** Headers of a request; `expiresAt` is epoch seconds, 0 for never. A double is safe in every py-amqp (contract K1). */
export const controlRequestHeaders = (clock: number, expiresAt: number): HeaderTable => ({
  clock,
  expires: expiresAt,
});

/** Body of an answer: `{nodename: value}` (kombu/pidbox.py `_publish_reply`). */
export const buildControlReply = (node: string, value: unknown): Readonly<Record<string, unknown>> => ({
  [node]: value ?? null,
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const read = (...content: Parameters<typeof deserializeControl>): unknown => {
  try {
    return deserializeControl(...content);
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
};

const replyToOf = (value: unknown): ReplyTo | undefined => {
  if (!isRecord(value)) return undefined;
  const { exchange, routing_key } = value;
  return typeof exchange === 'string' && typeof routing_key === 'string'
    ? { exchange, routing_key }
    : undefined;
};

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Reads a control request; `null` for what is none. Reading never throws: the exchange is a fanout open to many. */
export const readControlRequest = (
  content: Buffer,
  contentType: string | undefined,
  protection?: ContentProtection,
): ControlRequest | null => {
  const body = read(content, contentType, protection, true);
  if (!isRecord(body) || typeof body.method !== 'string') return null;
  const { destination, ticket } = body;
  const nodes = Array.isArray(destination) ? destination.filter((node) => typeof node === 'string') : null;
  return {
    method: body.method,
    arguments: isRecord(body.arguments) ? body.arguments : {},
    destination: nodes,
    pattern: textOrNull(body.pattern),
    matcher: textOrNull(body.matcher),
    ticket: textOrNull(ticket) ?? undefined,
    reply_to: replyToOf(body.reply_to),
  };
};

/** Reads an answer; one message may hold several nodes' values. Empty for what is none. */
export const readControlReply = (
  content: Buffer,
  contentType: string | undefined,
  protection?: ContentProtection,
): readonly ControlReply[] => {
  const body = read(content, contentType, protection);
  return isRecord(body) ? Object.entries(body).map(([node, value]) => ({ node, value })) : [];
};
