import {
  type Canvas,
  CanvasPublisher,
  type CanvasResult,
  CeleryClient,
  canvas,
  NullResults,
} from '../../../celery';
import { InMemoryPublisher } from '../fakes/in-memory-publisher';
import { SilentLogger } from '../silent-logger';
import { build, type Recipe } from './recipe';

/** What both sides are asked about one canvas. Options are in Celery's spelling. */
export type Question =
  | { readonly ask: 'dict'; readonly recipe: Recipe }
  | { readonly ask: 'freeze'; readonly recipe: Recipe; readonly parts: Readonly<Record<string, unknown>> }
  | {
      readonly ask: 'apply';
      readonly recipe: Recipe;
      readonly args: readonly unknown[];
      readonly kwargs: Readonly<Record<string, unknown>>;
      readonly options: Readonly<Record<string, unknown>>;
      /** The running task that applies the canvas. */
      readonly parent?: { readonly id: string; readonly root_id: string | null } | null;
    };

export interface Answer {
  readonly dict: unknown;
  readonly json: string;
  readonly frozen?: unknown;
  readonly log?: readonly unknown[];
  readonly result?: unknown;
  readonly trail?: unknown;
}

/** An answer, or that there is none. */
export type Reply = { readonly ok: Answer } | { readonly error: string };

const REPLY_TO = 'oid';

const counter = (): (() => string) => {
  let number = 0;
  return () => `id-${++number}`;
};

const tupleOf = (result: CanvasResult | null): unknown => result && canvas.resultTuple(result);

/** The message as it left, in the oracle's words. */
const published = ({ routingKey, content, properties }: InMemoryPublisher['published'][number]): unknown => {
  const { lang: _, origin: __, eta, expires, ...headers } = { ...properties.headers };
  const { correlationId, replyTo, priority } = properties;
  return {
    kind: 'task',
    queue: routingKey,
    priority: priority === 0 ? null : priority,
    headers: { ...headers, delayed: eta !== null, expiring: expires !== null },
    properties: { correlation_id: correlationId, reply_to: replyTo },
    body: JSON.parse(content.toString('utf8')),
  };
};

const applied = async (
  sig: Canvas,
  { args, kwargs, options, parent }: Extract<Question, { ask: 'apply' }>,
): Promise<Pick<Answer, 'log' | 'result' | 'trail'>> => {
  const log: unknown[] = [];
  const publisher = new InMemoryPublisher();
  const client = new CeleryClient({
    publisher: {
      publish: async (request) => {
        log.push(published(request));
        await publisher.publish(request);
      },
    },
    topology: {
      queueStatus: async () => ({ messageCount: 0, consumerCount: 0 }),
      ensureQueue: async () => 'existing',
      ensureExchange: async () => 'existing',
      bindQueue: async () => undefined,
    },
    results: new NullResults(),
    replyTo: REPLY_TO,
    defaultQueue: 'celery',
    createMissingQueues: true,
    serializer: 'json',
    origin: 'gen1@host',
    logger: new SilentLogger(),
  });
  // Submits of one group go out together, and a delayed one takes longer: here each waits for the one before.
  let last: Promise<unknown> = Promise.resolve();
  const submit: CeleryClient['submit'] = (task) => {
    const mine = last.then(() => client.submit(task));
    last = mine.catch(() => undefined);
    return mine;
  };
  const canvases = new CanvasPublisher({
    client: { submit },
    replyTo: REPLY_TO,
    newId: counter(),
    chords: {
      begin: async ({ header, ...chord }) => {
        log.push(JSON.parse(JSON.stringify({ ...chord, header: canvas.resultTuple(header) })));
      },
      setSize: async (groupId, size) => {
        log.push({ kind: 'chord-size', groupId, size });
      },
    },
  });
  if (!parent) {
    const { result } = await canvases.apply(sig, { args, kwargs, options: canvas.taskOptionsOf(options) });
    return { log, result: tupleOf(result) };
  }
  const context = { newId: counter(), replyTo: REPLY_TO, parent: { id: parent.id, rootId: parent.root_id } };
  const whole = canvas.isChunks(sig) ? canvas.chunksGroup(sig) : sig;
  const plan = canvas.planCanvas(whole, { args, kwargs, options }, context);
  await canvases.publish(plan);
  return { log, result: tupleOf(plan.result), trail: plan.trail.map(tupleOf) };
};

const answer = async (question: Question): Promise<Answer> => {
  const sig = build(question.recipe);
  const answered = { dict: sig, json: JSON.stringify(sig) };
  if (question.ask === 'apply') return { ...answered, ...(await applied(sig, question)) };
  if (question.ask === 'dict') return answered;
  const { _id, group_id, root_id, parent_id, group_index } = question.parts as Readonly<
    Record<string, string>
  >;
  const parts = {
    id: _id,
    groupId: group_id,
    rootId: root_id,
    parentId: parent_id,
    groupIndex: group_index as never,
  };
  const { canvas: frozen, result } = canvas.freeze(sig, parts, { newId: counter(), replyTo: REPLY_TO });
  return { ...answered, frozen, result: tupleOf(result) };
};

/** Our answer to what the oracle is asked. */
export const ask = async (question: Question): Promise<Reply> => {
  try {
    return { ok: await answer(question) };
  } catch (error) {
    return { error: String(error) };
  }
};
