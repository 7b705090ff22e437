import type { SerializedContent } from './serializers';

/** What protected content is part of; encryption binds it to that, so that nobody can pass it off as another's. */
export type ContentOwner =
  | { readonly use: 'task'; readonly id: string; readonly name: string }
  /** A result says itself whose it is, a request to workers whom it is for. */
  | { readonly use: 'result' | 'control' };

/** Wraps the content of tasks and results, after it was serialized: signed, or encrypted. */
export interface ContentProtection {
  /** What it hides must not be told elsewhere: in `argsrepr`, events, `inspect`. */
  readonly hides: boolean;
  /** Whether messages without it are refused. */
  readonly required: boolean;
  /** Of what it makes. */
  readonly contentType: string;
  /** Whether this content type is its own. */
  recognizes(contentType: string | undefined): boolean;
  protect(content: SerializedContent, owner: ContentOwner): SerializedContent;
  /** @throws ContentError `protection_failed` for content that was changed, or is another's. */
  unprotect(content: Buffer, owner: ContentOwner): SerializedContent;
}

/** Stands where a hidden value would be shown. */
export const HIDDEN_REPR = '(encrypted)';
