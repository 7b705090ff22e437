import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeaderTable, MessageProperties } from '../../../../amqp';
import type { IncomingMessage } from '../../../../celery/protocol';

const FOLDER = join(__dirname, '../../../fixtures/wire');

/** A message taken off a broker by scripts/record-wire. */
export interface Recording {
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly header_types: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly content: { readonly text?: string; readonly base64?: string };
}

export interface ReprCase {
  readonly value: unknown;
  readonly limit: number;
  readonly args: string;
  readonly repr: string;
}

/** The versions of Celery that were recorded, oldest first. */
export const recordedVersions: readonly string[] = readdirSync(FOLDER)
  .filter((name) => /^\d+\./.test(name))
  .sort();

export const newestVersion = recordedVersions.at(-1) ?? 'none recorded';

export const loadRecording = <T>(version: string, name: string): T =>
  JSON.parse(readFileSync(join(FOLDER, version, `${name}.json`), 'utf8')) as T;

export const contentOf = ({ content }: Recording): Buffer =>
  content.text === undefined ? Buffer.from(content.base64 ?? '', 'base64') : Buffer.from(content.text);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** AMQP properties from py-amqp's spelling to ours. */
export const propertiesOf = ({ properties }: Recording): MessageProperties => ({
  contentType: text(properties.content_type),
  contentEncoding: text(properties.content_encoding),
  deliveryMode: properties.delivery_mode as 1 | 2,
  priority: properties.priority as number,
  correlationId: text(properties.correlation_id),
  replyTo: text(properties.reply_to),
  expiration: text(properties.expiration),
});

/** A recording as the worker's reader gets it. */
export const incomingOf = (recording: Recording): IncomingMessage => ({
  headers: recording.headers as HeaderTable,
  properties: propertiesOf(recording),
  content: contentOf(recording),
  exchange: recording.exchange,
  routingKey: recording.routing_key,
  redelivered: false,
});
