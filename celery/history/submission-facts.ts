import type { HeaderTable, HeaderValue, MessageProperties } from '../../amqp';
import { deserialize } from '../protocol';
import type { StreamedMessage, SubmissionEntry } from '../records';
import { sameText } from './event-facts';
import type { HeldTask } from './held-task';
import type { TaskArguments } from './task-record';
import { MAX_TEXT, type SharedNames } from './texts';

/** Adds to a task what is known when it was submitted. Submitted again under its id, the latest submission counts. */
export const learnFromSubmission = (task: HeldTask, entry: SubmissionEntry, names: SharedNames): void => {
  // Ours is exact to the millisecond; an older sender's copy in the stream to the second.
  if (task.submittedAt !== null && task.submittedAt > entry.submittedAt) return;
  task.submittedAt = entry.submittedAt;
  task.name = names.share(entry.task);
  task.queue = names.share(entry.queue ?? task.queue);
  task.exchange = names.share(entry.exchange);
  task.routingKey = names.share(entry.routingKey);
  task.eta = entry.eta;
  task.expires = entry.expires;
  task.rootId = sameText(entry.rootId, task.taskId);
  task.parentId = entry.parentId;
  task.groupId = entry.groupId;
  task.tenant = names.share(entry.tenant);
  task.callback = entry.callback ?? null;
  task.retries = Math.max(task.retries ?? 0, entry.retries);
  task.updatedAt = Math.max(task.updatedAt, entry.submittedAt);
  task.settle();
};

/** Adds what only the message itself has: arguments, stamps, tags. */
export const learnFromRecord = (
  task: HeldTask,
  message: StreamedMessage,
  offset: number | undefined,
): void => {
  const { headers, properties, content } = message;
  task.priority = properties.priority ?? null;
  task.stamps = stampsOf(headers);
  // Tags travel as a stamp, by which workers can revoke; a plain header of that name counts too.
  task.tags = tagsOf(task.stamps?.tags as HeaderValue | undefined) ?? tagsOf(headers.tags);
  task.recordOffset = offset ?? null;
  const text = argumentsText(content, properties, headers);
  if (text !== null) {
    task.argumentsText = text;
    task.argumentsExact = true;
  }
  task.settle();
};

const isTable = (value: HeaderValue | undefined): value is HeaderTable =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Buffer.isBuffer(value) &&
  !(value instanceof Date);

const stampsOf = ({ stamps }: HeaderTable): HeldTask['stamps'] =>
  isTable(stamps) && Object.keys(stamps).length > 0 ? stamps : null;

/** The gateway's submissions carry them as a stamp. */
const tagsOf = (tags: unknown): readonly string[] | null => {
  if (!Array.isArray(tags)) return null;
  const texts = tags.filter((tag): tag is string => typeof tag === 'string');
  return texts.length === 0 ? null : texts;
};

const EMBED = Buffer.from('{"callbacks"');
const JSON_TYPE = 'application/json';

/** `[args, kwargs` of an uncompressed JSON body, without the embed that follows: what a search should look at. */
const argumentsText = (
  content: Buffer,
  { contentType }: MessageProperties,
  headers: HeaderTable,
): string | null => {
  if (contentType !== JSON_TYPE || typeof headers.compression === 'string' || content[0] !== BRACKET)
    return null;
  const end = content.lastIndexOf(EMBED);
  if (end <= 0 || end > MAX_TEXT) return null;
  return content.toString('utf8', 0, end).trimEnd().replace(/,$/, '');
};
const BRACKET = '['.charCodeAt(0);

/** The arguments as values where they are held whole; undefined where the record itself has to be read. */
export const heldArguments = (task: HeldTask): TaskArguments | undefined => {
  if (!task.argumentsExact || task.argumentsText === null) return undefined;
  try {
    const body = deserialize(Buffer.from(`${task.argumentsText}]`), JSON_TYPE, undefined);
    if (!Array.isArray(body) || body.length !== 2) return undefined;
    return { args: body[0], kwargs: body[1] };
  } catch {
    return undefined;
  }
};

/** What the submission record would say; undefined for a task that did not come through a gateway. */
export const submissionOf = (task: HeldTask): SubmissionEntry | undefined => {
  const { submittedAt, exchange, routingKey } = task;
  if (submittedAt === null) return undefined;
  return {
    taskId: task.taskId,
    task: task.name ?? '',
    queue: exchange === '' ? routingKey : null,
    exchange: exchange ?? '',
    routingKey: routingKey ?? '',
    submittedAt,
    eta: task.eta,
    expires: task.expires,
    rootId: task.rootId,
    parentId: task.parentId,
    groupId: task.groupId,
    retries: task.retries ?? 0,
    tenant: task.tenant,
    callback: task.callback,
  };
};
