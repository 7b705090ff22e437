import fc from 'fast-check';
import Joi from 'joi';
import { SparseSchema } from '../../../server/http/sparse-schema';

const fields = {
  name: Joi.string().min(2).required(),
  size: Joi.number().default(3),
  eta: Joi.number(),
  countdown: Joi.number().max(10),
  note: Joi.string(),
};
const schema = new SparseSchema<object>(fields, (made) => made.required().oxor('eta', 'countdown'));

const told = (by: Joi.Schema, input: unknown): unknown => {
  const { value, error } = by.validate(input);
  return error === undefined ? value : error.details.map(({ message, path }) => [path, message]);
};

describe('SparseSchema', () => {
  test('for any input the narrow schema tells what the whole one tells', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.constant(undefined), fc.boolean());
    const bodies = fc.dictionary(fc.constantFrom(...Object.keys(fields), 'other', 'na\0me'), values);
    fc.assert(
      fc.property(fc.oneof(bodies, fc.anything()), (input) => {
        expect(told(schema.for(input), input)).toEqual(told(schema.whole, input));
      }),
      { numRuns: 2000 },
    );
  });

  test('the same keys get the same schema, without the fields that were not sent', () => {
    const first = schema.for({ name: 'ab', size: 1 });
    expect(schema.for({ name: 'cd', size: 2 })).toBe(first);
    expect(Object.keys(first.describe().keys as object)).toEqual(['name', 'size']);
  });

  test('whoever leaves out what has a default or is required gets the whole schema', () => {
    expect(schema.for({ name: 'ab' })).toBe(schema.whole);
    expect(schema.for({ size: 1 })).toBe(schema.whole);
  });
});
