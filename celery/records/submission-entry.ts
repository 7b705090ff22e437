import type { HeaderTable, HeaderValue, MessageProperties } from '../../amqp';
import { destinationOf } from './recorded-destination';
import { sentAt } from './sent-at';

/** What the gateway remembers of a task it handed to the broker. */
export interface SubmissionEntry {
  readonly taskId: string;
  /** Task name. */
  readonly task: string;
  /** The queue, where the task went to the default exchange; else null. */
  readonly queue: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  /** Epoch milliseconds. */
  readonly submittedAt: number;
  /** ISO 8601, as in the message. */
  readonly eta: string | null;
  readonly expires: string | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly retries: number;
  /** Whose task it is, where the gateway's keys belong to tenants; else null. */
  readonly tenant: string | null;
  /** Where its end is told, as the gateway has sealed it. */
  readonly callback?: string | null | undefined;
}

/** The message header that tells it; set by the gateway only. */
const TENANT_HEADER = 'gateway_tenant';

/** The message header that tells where the end of the task is to be told; sealed, so that only gateways can read or make it. */
export const CALLBACK_HEADER = 'gateway_callback';

/** The parts of a message an entry is read from. */
export interface RecordableMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: HeaderTable;
  readonly properties: MessageProperties;
}

const text = (value: HeaderValue | undefined): string | null => (typeof value === 'string' ? value : null);

/** @returns undefined where the message is no v2 task message. */
export const submissionEntry = (message: RecordableMessage): SubmissionEntry | undefined => {
  const { headers } = message;
  const { exchange, routingKey } = destinationOf(message);
  const taskId = text(headers.id);
  const task = text(headers.task);
  if (taskId === null || task === null) return undefined;
  return {
    taskId,
    task,
    queue: exchange === '' ? routingKey : null,
    exchange,
    routingKey,
    submittedAt: sentAt(headers) ?? (message.properties.timestamp ?? 0) * 1000,
    eta: text(headers.eta),
    expires: text(headers.expires),
    rootId: text(headers.root_id),
    parentId: text(headers.parent_id),
    groupId: text(headers.group),
    retries: typeof headers.retries === 'number' ? headers.retries : 0,
    tenant: text(headers[TENANT_HEADER]),
    callback: text(headers[CALLBACK_HEADER]),
  };
};
