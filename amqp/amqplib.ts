import { dirname, join } from 'node:path';
import type * as Amqplib from 'amqplib';
import { decodeFieldTable } from './field-table';

/**
 * The only door to amqplib. Its table decoder ends the connection on the integers Python writes beyond 32 bits (type `L`),
 * and the package has no hook for it, so the decoder is replaced before the rest of the library binds it; see
 * docs/adr/0010-one-door-to-amqplib.md. Import this room before anything that requires amqplib by itself.
 */
const lib = join(dirname(require.resolve('amqplib')), 'lib');

interface Codec {
  decodeFields: (bytes: Buffer) => object;
}

interface Definitions {
  decode(classId: number, bytes: Buffer): { readonly headers?: Readonly<Record<string, unknown>> };
}

/** `basic` properties that hold nothing but the header `n`, an `L` of 2^40. */
const PROBE = Buffer.from('2000' + '0000000b' + '016e' + '4c' + '0000010000000000', 'hex');
const BASIC_CLASS = 60;

const probeSucceeds = (definitions: Definitions): boolean => {
  try {
    return definitions.decode(BASIC_CLASS, PROBE).headers?.n === 2 ** 40;
  } catch {
    return false;
  }
};

const open = (): typeof Amqplib => {
  (require(join(lib, 'codec.js')) as Codec).decodeFields = decodeFieldTable;
  if (!probeSucceeds(require(join(lib, 'defs.js')) as Definitions))
    throw new Error('amqplib was loaded before amqp/: import amqp/ first, or 64-bit headers end connections');
  return require('amqplib') as typeof Amqplib;
};

export const { connect, IllegalOperationError } = open();
