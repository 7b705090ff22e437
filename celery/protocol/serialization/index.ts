export { type CompressionName, compress, DEFAULT_MAX_DECOMPRESSED_BYTES, decompress } from './compression';
export { ContentError, type ContentErrorCode } from './content-error';
export { deserializeControl, serializeControl } from './control-content';
export { DEFAULT_MAX_DEPTH, parseJson, refuseCollection, stringifyJson } from './json';
export { type ContentOwner, type ContentProtection, HIDDEN_REPR } from './protection';
export {
  contentTypeOf,
  DEFAULT_ACCEPT,
  deserialize,
  type SerializedContent,
  type SerializerName,
  serialize,
} from './serializers';
