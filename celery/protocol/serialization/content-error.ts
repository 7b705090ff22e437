/** Why the content of a message cannot be read, or a value cannot be written. */
export type ContentErrorCode =
  | 'content_type_missing'
  | 'content_type_refused'
  | 'compression_unsupported'
  | 'decompress_failed'
  | 'content_too_large'
  | 'decode_failed'
  | 'content_too_deep'
  | 'encode_failed'
  /** Content that was to be signed or encrypted and is not, or was changed, or is another's. */
  | 'protection_failed';

/** Raised by serializers and compressors. It never crosses this room: readers turn it into an outcome. */
export class ContentError extends Error {
  readonly code: ContentErrorCode;

  constructor(code: ContentErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ContentError';
    this.code = code;
  }
}
