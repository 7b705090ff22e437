import type { Canvas, ChainSignature, ChordSignature, GroupSignature } from './canvas';
import {
  type ChainDraft,
  type ChordDraft,
  type Draft,
  type GroupDraft,
  headerTasks,
  listOf,
  newGroup,
} from './draft';
import { toValue } from './draft-value';
import { setImmutable } from './links';
import { type StampHeaders, stampHeaders } from './stamp-merge';
import type { StampingVisitor, Stamps } from './stamping-visitor';

type Visit<T extends Canvas> = ((sig: T, stamps: Stamps) => Stamps | undefined) | undefined;

/** Stamps a draft and all in it, in place (celery/canvas.py `stamp` and `stamp_links` of each class). */
export class Stamper {
  readonly #visitor: StampingVisitor | undefined;
  readonly #append: boolean;

  constructor(visitor: StampingVisitor | undefined, append: boolean) {
    this.#visitor = visitor;
    this.#append = append;
  }

  stamp(sig: Draft, headers: Readonly<StampHeaders>): void {
    switch (sig.subtask_type) {
      case 'chain':
        this.#chain(sig, headers);
        break;
      case 'group':
        this.#group(sig, headers);
        break;
      case 'chord':
        this.#chord(sig, headers);
        break;
      default:
        this.#task(sig, headers);
    }
  }

  #task(sig: Draft, headers: Readonly<StampHeaders>): void {
    this.#links(sig, headers, this.#append);
    const visited = this.#ask<Canvas>(this.#visitor?.onSignature.bind(this.#visitor), sig, headers);
    const { immutable, ...stamps } = stampHeaders(headers, visited, sig.options, this.#append);
    if (typeof immutable === 'boolean') setImmutable(sig, immutable);
    Object.assign(sig.options, stamps);
  }

  #chain(chain: ChainDraft, given: Readonly<StampHeaders>): void {
    const visitor = this.#visitor;
    const visited = this.#ask<ChainSignature>(visitor?.onChainStart?.bind(visitor), chain, given);
    const headers = stampHeaders(given, visited, chain.options, this.#append);
    // Celery does not hand `append_stamps` on here.
    this.#links(chain, headers, false);
    for (const task of chain.kwargs.tasks) this.stamp(task, headers);
    visitor?.onChainEnd?.(toValue(chain) as ChainSignature, headers);
  }

  #group(group: GroupDraft, given: Readonly<StampHeaders>): void {
    const visitor = this.#visitor;
    const visited = this.#ask<GroupSignature>(visitor?.onGroupStart?.bind(visitor), group, given);
    const headers = stampHeaders(given, visited, group.options, this.#append);
    this.#links(group, headers, this.#append);
    for (const task of group.kwargs.tasks) this.stamp(task, headers);
    visitor?.onGroupEnd?.(toValue(group) as GroupSignature, headers);
  }

  #chord(chord: ChordDraft, given: Readonly<StampHeaders>): void {
    const visitor = this.#visitor;
    const tasks = headerTasks(chord);
    const headers = stampHeaders(given, this.#headerStart(chord, given), chord.options, this.#append);
    this.#links(chord, headers, this.#append);
    for (const task of tasks) this.stamp(task, headers);
    if (visitor === undefined) return;
    this.#headerEnd(chord, headers);
    const { body } = chord.kwargs;
    if (body === null) return;
    const visited = this.#ask<ChordSignature>(visitor.onChordBody?.bind(visitor), chord, headers);
    this.stamp(body, stampHeaders(headers, visited, chord.options, this.#append));
  }

  #headerStart(chord: ChordDraft, headers: Readonly<StampHeaders>): StampHeaders | undefined {
    const visitor = this.#visitor;
    if (visitor === undefined) return undefined;
    if (visitor.onChordHeaderStart !== undefined) {
      return this.#ask<ChordSignature>(visitor.onChordHeaderStart.bind(visitor), chord, headers);
    }
    const { header } = chord.kwargs;
    const group = Array.isArray(header) ? newGroup(header) : header;
    chord.kwargs.header = group;
    return this.#ask<GroupSignature>(visitor.onGroupStart?.bind(visitor), group, headers);
  }

  #headerEnd(chord: ChordDraft, headers: Readonly<StampHeaders>): void {
    const visitor = this.#visitor;
    if (visitor?.onChordHeaderEnd !== undefined) {
      visitor.onChordHeaderEnd(toValue(chord) as ChordSignature, headers);
    } else if (!Array.isArray(chord.kwargs.header)) {
      visitor?.onGroupEnd?.(toValue(chord.kwargs.header) as GroupSignature, headers);
    }
  }

  #links(sig: Draft, given: Readonly<StampHeaders>, append: boolean): void {
    const visitor = this.#visitor;
    const stamper = append === this.#append ? this : new Stamper(visitor, append);
    const both = [
      ['link', visitor?.onCallback?.bind(visitor)],
      ['link_error', visitor?.onErrback?.bind(visitor)],
    ] as const;
    for (const [option, visit] of both) {
      let headers = structuredClone(given) as StampHeaders;
      for (const item of listOf(sig.options[option])) {
        headers = stampHeaders(headers, this.#ask<Canvas>(visit, item, headers), undefined, append);
        stamper.stamp(item, headers);
      }
    }
  }

  /** What the visitor says; an empty answer where there is a visitor without that method. */
  #ask<T extends Canvas>(
    visit: Visit<T>,
    sig: Draft,
    headers: Readonly<StampHeaders>,
  ): StampHeaders | undefined {
    if (this.#visitor === undefined) return undefined;
    return structuredClone({ ...visit?.(toValue(sig) as T, headers) });
  }
}
