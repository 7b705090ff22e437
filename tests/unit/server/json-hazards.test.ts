import { inexactNumbers, JsonHazards } from '../../../server/http/json-hazards';

const find = (text: string, maxDepth = 32) => new JsonHazards(maxDepth).find(JSON.parse(text), text);

describe('JsonHazards', () => {
  test.each([
    '{"a":[1,2.5,-3,"x",null,true]}',
    '{"id":"123e4567-e89b-12d3-a456-426614174000"}',
    '{"n":9007199254740991,"m":-9007199254740991}',
    '{"big":1e300,"small":1e-300,"zero":0e-999,"exact":1e20}',
    '{"text":"12345678901234567890"}',
    '{"emoji":"\\ud83d\\ude00"}',
  ])('lets %s pass', (text) => {
    expect(find(text)).toBeUndefined();
  });

  test.each([
    ['{"a":{"b":[0,9007199254740993]}}', '/a/b/1', /number/],
    ['{"a":-9007199254740993}', '/a', /number/],
    ['{"a":1e400}', '/a', /number/],
    ['{"a":-1e400}', '/a', /number/],
    ['[1e-400]', '/0', /number/],
    ['{"a/b":{"c~d":"\\ud800"}}', '/a~1b/c~0d', /surrogate/],
    ['["\\u0000"]', '/0', /NUL/],
    ['{"x":{"\\ud800":1}}', '/x', /surrogate/],
    ['{"x":{"__proto__":1}}', '/x/__proto__', /not allowed/],
    ['[{"constructor":{"prototype":{}}}]', '/0/constructor', /not allowed/],
  ])('finds what is wrong in %s', (text, pointer, detail) => {
    const found = find(text);
    expect(found?.pointer).toBe(pointer);
    expect(found?.detail).toMatch(detail);
  });

  test('a value at the depth limit passes, one level more does not', () => {
    expect(find('[[[1]]]', 3)).toBeUndefined();
    expect(find('[[[[1]]]]', 3)?.pointer).toBe('/0/0/0');
  });

  test('40,000 levels are refused without exhausting the stack', () => {
    expect(find(`${'['.repeat(40_000)}${']'.repeat(40_000)}`)?.detail).toMatch(/deeper than 32/);
  });

  test('a text without long numbers or exponents allocates nothing to look for them', () => {
    expect(inexactNumbers('{"a":1234567890}')).toBeUndefined();
  });
});
