import fc from 'fast-check';
import { MASK, Masker, type MaskerOptions } from '../../../server/security/masker';

const masker = (options: Partial<MaskerOptions> = {}) =>
  new Masker({ fields: [], patterns: [], results: false, ...options });

describe('Masker', () => {
  test.each([
    ['password'],
    ['db_password'],
    ['X-Api-Key'],
    ['accessToken'],
    ['client_secret'],
    ['Authorization'],
    ['cookie'],
  ])('the member %s is masked at any depth, with all that is in it', (name) => {
    const value = { args: [{ [name]: 'CANARY' }], kwargs: { deep: { [name]: { a: ['CANARY', 4711] } } } };
    const text = JSON.stringify(masker().value(value));
    expect(text).not.toMatch(/CANARY|4711/);
    expect(text).toContain(MASK);
  });

  test('all else is as it was', () => {
    const value = {
      task_id: 't',
      runtime_seconds: 0.5,
      ok: true,
      none: null,
      list: [1, 'a'],
      'users.reset_password': 3,
    };
    expect(masker().value(value)).toEqual(value);
    const big = { n: 2n ** 70n, at: new Date(0) };
    expect(masker().value(big)).toEqual(big);
  });

  test.each([
    ['a Python repr', "{'user': 'ada', 'password': 'CANARY'}", "'user': 'ada'"],
    ['a repr with quotes in it', `{'token': "CANARY'CANARY"}`, 'token'],
    ['a call in a traceback', '  login("ada", password="CANARY")', 'login("ada"'],
    ['a setting', 'DB_PASSWORD=CANARY rest', 'rest'],
    ['a query', 'GET /x?user=1&access_token=CANARY&page=2', 'page=2'],
    ['a URL', 'amqp://ada:CANARY@broker:5672/', 'broker:5672'],
    ['a header', 'Authorization: Bearer CANARYCANARY', 'Authorization'],
    ['a key of ours', 'ck_live_ci_CANARYCANARYCANARYCANARY', 'ck_live_ci_'],
    ['a cloud key', 'AKIACANARYCANARY1234', ''],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----', ''],
  ])('of %s the secret goes and the rest stays', (_what, text, kept) => {
    const shown = masker().text(text);
    expect(shown).not.toContain('CANARY');
    expect(shown).toContain(kept);
  });

  test('fields and patterns of the configuration count besides', () => {
    const own = masker({ fields: ['iban', 'card-*'], patterns: [/\bSSN \d+/g] });
    expect(own.value({ iban: 'DE1', card_number: 4111, text: 'SSN 123 ok' })).toEqual({
      iban: MASK,
      card_number: MASK,
      text: `${MASK} ok`,
    });
  });

  test('a result is shown as it is unless results are masked', () => {
    const task = { result: { token: 'CANARY' }, kwargs: { token: 'CANARY' } };
    expect(masker().value(task)).toEqual({ result: { token: 'CANARY' }, kwargs: { token: MASK } });
    expect(masker({ results: true }).value(task)).toEqual({
      result: { token: MASK },
      kwargs: { token: MASK },
    });
  });

  test('what is shown is masked in a copy: the value itself stays as it is, and is shown where it has no secret', () => {
    const plain = { a: [1, { b: 'text' }], result: { token: 'CANARY' } };
    expect(masker().value(plain)).toBe(plain);
    const secret = { a: [1, { token: 'CANARY', b: plain }], c: plain };
    const before = structuredClone(secret);
    expect(masker().value(secret)).toEqual({ a: [1, { token: MASK, b: plain }], c: plain });
    expect(secret).toEqual(before);
  });

  test('never throws, keeps the shape, and takes no longer for texts made to be slow', () => {
    const all = masker();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shown = all.value(value);
        expect(Array.isArray(shown)).toBe(Array.isArray(value));
        expect(typeof shown).toBe(typeof value);
      }),
    );
    const startedAt = performance.now();
    for (const slow of [
      "'password': '".repeat(5000),
      'a'.repeat(100_000),
      `token${'='.repeat(50_000)}`,
      'password'.repeat(10_000),
    ])
      all.text(slow);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

test('what a worker tells of itself is masked where it is secret, and nowhere else', () => {
  expect(
    masker().value({
      broker_url: 'amqp://user:hunter2@host//',
      redis_password: 'hunter2',
      security_key_password: 7,
      task_routes: { 'reports.token_count': { queue: 'q' } },
      nested: [{ api_key: 'hunter2', name: 'x' }],
      timezone: null,
    }),
  ).toEqual({
    broker_url: 'amqp://[redacted]@host//',
    redis_password: '********',
    security_key_password: '********',
    task_routes: { 'reports.token_count': { queue: 'q' } },
    nested: [{ api_key: '********', name: 'x' }],
    timezone: null,
  });
});
