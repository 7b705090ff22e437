import { parseIsoTime } from '../iso-time';
import { ContentError } from './content-error';

/** True for `{"__type__": …, "__value__": …}` and nothing else: how kombu ≥ 5.3 wraps what JSON has no type for. */
export const isKombuEnvelope = (object: object): object is { __type__: unknown; __value__: unknown } =>
  '__type__' in object && '__value__' in object && Object.keys(object).length === 2;

const text = (value: unknown, type: string): string => {
  if (typeof value === 'string') return value;
  throw new ContentError('decode_failed', `a ${type} envelope holds no text`);
};

const moment = (iso: string): Date => {
  const ms = parseIsoTime(iso);
  if (ms === undefined) throw new ContentError('decode_failed', `not a datetime: ${iso.slice(0, 64)}`);
  return new Date(ms);
};

const uuid = (value: unknown): string => {
  const hex = typeof value === 'object' && value !== null && 'hex' in value ? value.hex : undefined;
  const parts = /^(\w{8})(\w{4})(\w{4})(\w{4})(\w{12})$/.exec(text(hex, 'uuid').replaceAll('-', ''));
  if (parts === null) throw new ContentError('decode_failed', 'a uuid envelope holds no 32 digits');
  return parts.slice(1).join('-');
};

/**
 * The value of an envelope: datetime → Date, bytes → Buffer; date, time, decimal and uuid → their text, because JavaScript
 * has no type that keeps them exact (kombu/utils/json.py `object_hook`).
 * @throws ContentError `decode_failed` for an unknown type, as kombu does.
 */
export const openKombuEnvelope = (type: unknown, value: unknown): unknown => {
  switch (type) {
    case 'datetime':
      return moment(text(value, type));
    case 'date':
    case 'time':
    case 'decimal':
      return text(value, type);
    case 'uuid':
      return uuid(value);
    case 'bytes':
      return Buffer.from(text(value, type), 'utf8');
    case 'base64':
      return Buffer.from(text(value, type), 'base64');
    default:
      throw new ContentError('decode_failed', `unsupported __type__ ${String(type).slice(0, 64)}`);
  }
};
