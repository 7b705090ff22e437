import { randomUUID } from 'node:crypto';
import { type ChordStep, canvas, parseJson, stringifyJson } from '../protocol';
import type { ChordClaim, ChordPart, ChordParts, PartReturned, ReturnedPart } from './chord-parts';
import type { ChordRedis, PartReply } from './chord-scripts';
import { type GroupKeyPart, groupKeys, takeoverKeys } from './redis-keys';

export interface RedisChordsOptions {
  /** Runs a command on the backend's connection. @throws ConnectionError, retryable, while Redis is away. */
  readonly run: <T>(command: (redis: ChordRedis) => Promise<T>) => Promise<T>;
  /** Time to live of a chord that never completes, in seconds; 0 keeps it for ever. Celery's `result_chord_expires`. */
  readonly expiresSeconds: number;
  readonly keyPrefix?: string | undefined;
  /** False: parts in the order they came. Celery's `result_chord_ordered` (a backend transport option), default true. */
  readonly ordered?: boolean | undefined;
  /** How long the right to fire a body lasts, in seconds; longer than one attempt to publish takes. Default 20. */
  readonly claimSeconds?: number | undefined;
  /**
   * Names the broker: workers of one fleet take chords over from each other, and other fleets may use the same Redis. Default:
   * the empty one.
   */
  readonly scope?: string | undefined;
  readonly now?: (() => number) | undefined;
}

/** One attempt to publish the body takes less; a worker that dies keeps the others waiting for so long. */
const CLAIM_SECONDS = 20;
/** Others look this much later, so that the right is over for sure. */
const TAKEOVER_MARGIN_SECONDS = 2;
/** How long a copy of a header task may come too late. As in Celery 5.7. */
const DONE_SECONDS = 300;
/** The same where what began the chord may come again: its queue may have had no worker for a while. */
const BEGUN_AGAIN_SECONDS = 3600;

/**
 * Chords counted on Redis in Celery's own layout, so that any mix of workers and clients completes them
 * (celery/backends/redis.py `apply_chord`, `set_chord_size`, `add_to_chord`, `on_chord_part_return`). Both halves: it is a
 * `ChordCounter` for who publishes headers, too.
 */
export class RedisChords implements ChordParts {
  readonly #options: RedisChordsOptions;
  readonly #key: ReturnType<typeof groupKeys>;
  readonly #takeover: ReturnType<typeof takeoverKeys>;

  constructor(options: RedisChordsOptions) {
    this.#options = options;
    this.#key = groupKeys(options.keyPrefix);
    this.#takeover = takeoverKeys(options.keyPrefix, options.scope ?? '');
  }

  /** Keeps the header's structure where the flat list of its results would lose it: it has groups as members. */
  async begin({ groupId, header }: ChordStep): Promise<void> {
    if (header.results.every(({ results }) => results === null)) return;
    const structure = stringifyJson({ result: canvas.resultTuple(header) });
    await this.#options.run((redis) => this.#set(redis, this.#key(groupId, ''), structure));
  }

  async setSize(groupId: string, size: number, begunBy = ''): Promise<void> {
    const key = (name: GroupKeyPart): string => this.#key(groupId, name);
    const { begun, added } = this.#takeover;
    const keys = [key('.c'), key('.s'), key('.t'), begun(groupId), key('.j'), key('.d'), added(groupId)];
    await this.#options.run((redis) => redis.chordSetSize(keys, size, this.#options.expiresSeconds, begunBy));
  }

  async addToChord(groupId: string, member: string): Promise<void> {
    const names = (['.c', '.t'] as const).map((name) => this.#key(groupId, name));
    const keys = [...names, this.#takeover.added(groupId)];
    await this.#options.run((redis) => redis.chordAdd(keys, member, this.#options.expiresSeconds));
  }

  async onChordPartReturn(part: ChordPart, heritage?: unknown): Promise<PartReturned> {
    const { groupId, taskId, groupIndex, state, result } = part;
    const key = (name: GroupKeyPart): string => this.#key(groupId, name);
    const score = groupIndex === null ? '+inf' : String(groupIndex);
    const token = randomUUID();
    const { due, heritage: left } = this.#takeover;
    const reply = await this.#options.run((redis) =>
      redis.chordReturnPart(
        [...(['.j', '.t', '.s', '.d', '', '.c'] as const).map(key), due, left, this.#takeover.begun(groupId)],
        taskId,
        `[1, ${JSON.stringify(taskId)},`,
        stringifyJson([1, taskId, state, result]),
        score,
        this.#options.expiresSeconds,
        this.#claimSeconds,
        token,
        groupId,
        heritage === undefined ? '' : stringifyJson(heritage),
        this.#takeoverAt,
        this.#options.ordered === false ? '0' : '1',
      ),
    );
    if (reply[0] === 'claimed') return { kind: 'claimed', forMs: Math.max(0, Number(reply[1])) };
    if (reply[0] === 'counted') return { kind: 'counted' };
    return { kind: 'complete', claim: this.#claim(groupId, token, reply) };
  }

  async orphans(): Promise<readonly unknown[]> {
    const { due, heritage } = this.#takeover;
    const left = await this.#options.run((redis) =>
      redis.chordOrphans([due, heritage], this.#inSeconds(0), this.#takeoverAt),
    );
    return left.map((text) => parseJson(Buffer.from(text)));
  }

  get #claimSeconds(): number {
    return this.#options.claimSeconds ?? CLAIM_SECONDS;
  }

  get #takeoverAt(): number {
    return this.#inSeconds(this.#claimSeconds + TAKEOVER_MARGIN_SECONDS);
  }

  #inSeconds(seconds: number): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000) + seconds;
  }

  #claim(
    groupId: string,
    token: string,
    reply: Extract<PartReply, readonly ['complete', ...unknown[]]>,
  ): ChordClaim {
    const [, seen, header, parts] = reply;
    const { run } = this.#options;
    const { due, heritage, begun, added } = this.#takeover;
    const key = (part: GroupKeyPart): string => this.#key(groupId, part);
    const chordKeys = (['.c', '.j', '.t', '.s', '.d'] as const).map(key);
    const firedKeys = [...chordKeys, due, heritage, begun(groupId), added(groupId)];
    const late = [token, DONE_SECONDS, BEGUN_AGAIN_SECONDS, groupId];
    return {
      parts: parts.map(partOf),
      header: header === '' ? null : headerOf(header),
      isRepeat: seen === 'repeat',
      isBegunAgain: seen === 'begun again',
      prolong: async () => {
        const until = this.#takeoverAt;
        const keys = [key('.c'), key('.s'), due];
        return (
          (await run((redis) => redis.chordProlong(keys, token, this.#claimSeconds, groupId, until))) === 1
        );
      },
      fired: async () => {
        await run((redis) => redis.chordFired(firedKeys, ...late));
      },
      failed: async () => {
        const keys = [key('.c'), key('.s'), due, heritage, begun(groupId)];
        await run((redis) => redis.chordFailed(keys, ...late));
      },
    };
  }

  async #set(redis: ChordRedis, key: string, value: string): Promise<void> {
    const { expiresSeconds } = this.#options;
    if (expiresSeconds > 0) await redis.setex(key, expiresSeconds, value);
    else await redis.set(key, value);
  }
}

const partOf = (text: string): ReturnedPart => {
  const [, taskId, state, result] = parseJson(Buffer.from(text)) as readonly [
    number,
    string,
    string,
    unknown,
  ];
  return { taskId, state, result };
};

const headerOf = (text: string): ChordClaim['header'] => {
  const saved = parseJson(Buffer.from(text)) as {
    readonly result: Parameters<typeof canvas.resultFromTuple>[0];
  };
  return canvas.resultFromTuple(saved.result);
};
