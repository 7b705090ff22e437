import { type ContentProtection, deserializeControl, serializeControl } from '../../../../celery/protocol';

/** Wraps in brackets, which is enough to see that it was there. */
const wrapping = (hides: boolean, required = true): ContentProtection => ({
  hides,
  required,
  contentType: 'application/data',
  recognizes: (contentType) => contentType === 'application/data',
  protect: ({ content }) => ({
    content: Buffer.from(`<${content}>`),
    contentType: 'application/data',
    contentEncoding: 'utf-8',
  }),
  unprotect: (content) => ({
    content: content.subarray(1, -1),
    contentType: 'application/json',
    contentEncoding: 'utf-8',
  }),
});

const PLAIN = Buffer.from('{"method":"ping"}');
const SIGNED = Buffer.from(`<${PLAIN}>`);
const signing = wrapping(false);

test('control is signed where the fleet signs, and plain where it encrypts', () => {
  expect(String(serializeControl({ method: 'ping' }, signing).content)).toBe(String(SIGNED));
  for (const protection of [undefined, wrapping(true)])
    expect(String(serializeControl({ method: 'ping' }, protection).content)).toBe(String(PLAIN));
});

test('it is read plain or signed, but a request that has to be signed only so', () => {
  const read = (content: Buffer, type: string, protection?: ContentProtection, required?: boolean) =>
    deserializeControl(content, type, protection, required);
  expect(read(SIGNED, 'application/data', signing, true)).toEqual({ method: 'ping' });
  expect(read(PLAIN, 'application/json', signing)).toEqual({ method: 'ping' });
  expect(read(PLAIN, 'application/json', wrapping(false, false), true)).toEqual({ method: 'ping' });
  expect(read(PLAIN, 'application/json', wrapping(true), true)).toEqual({ method: 'ping' });
  expect(() => read(PLAIN, 'application/json', signing, true)).toThrow('not signed');
  expect(() => read(SIGNED, 'application/data')).toThrow('not accepted');
});
