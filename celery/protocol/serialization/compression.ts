import * as zlib from 'node:zlib';
import { ContentError } from './content-error';

/** Compressions that can be written. `gzip` and `zlib` are the same: what Celery calls gzip is a zlib stream. */
export type CompressionName = 'zlib' | 'gzip' | 'brotli' | 'zstd';

/** The most a message may hold once decompressed, unless told otherwise: 64 MiB. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

interface Compression {
  readonly header: string;
  readonly compress: ((content: Buffer) => Buffer) | undefined;
  readonly decompress: ((content: Buffer, options: { maxOutputLength: number }) => Buffer) | undefined;
}

type Codec<Options extends unknown[]> = (content: Buffer, ...options: Options) => Buffer;
/** zstd came to `node:zlib` with 22.15; the project runs on 20 as well. */
const optional = zlib as unknown as {
  readonly zstdCompressSync?: Codec<[]>;
  readonly zstdDecompressSync?: Codec<[{ maxOutputLength: number }]>;
};

const deflate: Compression = {
  header: 'application/x-gzip',
  compress: (content) => zlib.deflateSync(content),
  decompress: (content, options) => zlib.inflateSync(content, options),
};
const brotli: Compression = {
  header: 'application/x-brotli',
  compress: (content) => zlib.brotliCompressSync(content),
  decompress: (content, options) => zlib.brotliDecompressSync(content, options),
};
const zstd: Compression = {
  header: 'application/zstd',
  compress: optional.zstdCompressSync,
  decompress: optional.zstdDecompressSync,
};

/** kombu/compression.py: MIME types and their aliases. bzip2 and lzma are missing: Node has neither. */
const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ['zlib', deflate],
  ['gzip', deflate],
  ['application/x-gzip', deflate],
  ['brotli', brotli],
  ['application/x-brotli', brotli],
  ['zstd', zstd],
  ['zstandard', zstd],
  ['application/zstd', zstd],
]);

const unsupported = (name: string): ContentError =>
  new ContentError('compression_unsupported', `this Node.js has no ${name.slice(0, 64)} compression`);

/**
 * Compresses serialized content; the second half of the answer goes into the header `compression`.
 * @throws ContentError `compression_unsupported` where Node lacks it (zstd before 22.15).
 */
export const compress = (
  content: Buffer,
  method: CompressionName,
): { readonly content: Buffer; readonly header: string } => {
  const compression = COMPRESSIONS.get(method);
  if (compression?.compress === undefined) throw unsupported(method);
  return { content: compression.compress(content), header: compression.header };
};

/**
 * Undoes what the header `compression` names, up to a bounded size.
 * @throws ContentError `compression_unsupported`, `decompress_failed` or `content_too_large`.
 */
export const decompress = (
  content: Buffer,
  header: string,
  maxOutputLength = DEFAULT_MAX_DECOMPRESSED_BYTES,
): Buffer => {
  const compression = COMPRESSIONS.get(header);
  if (compression?.decompress === undefined) throw unsupported(header);
  try {
    return compression.decompress(content, { maxOutputLength });
  } catch (error) {
    const tooLarge = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLarge)
      throw new ContentError('content_too_large', `decompresses to more than ${maxOutputLength} bytes`);
    throw new ContentError('decompress_failed', `the content is not ${compression.header}`, { cause: error });
  }
};
