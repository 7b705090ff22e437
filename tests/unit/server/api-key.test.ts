import { ApiKeys, createApiKey, parseApiKeyLine } from '../../../server/security/api-key';
import { permits, ROLES } from '../../../server/security/scopes';

describe('API keys', () => {
  const { key, line } = createApiKey('submitter', 'team1');
  const keys = new ApiKeys([parseApiKeyLine(line)]);

  test('a made key is verified by the line that stores it', () => {
    expect(keys.verify(key)).toEqual({ id: 'team1', role: 'submitter' });
  });

  test('the line does not hold the secret', () => {
    expect(line).toMatch(/^team1:submitter:[0-9a-f]{64}$/);
    expect(line).not.toContain(key.split('_')[2]);
  });

  test.each([
    ['another secret', createApiKey('submitter', 'team1').key],
    ['another id', key.replace('team1', 'team2')],
    ['no prefix', key.slice(4)],
    ['an empty key', ''],
    ['a longer key', `${key}A`],
    ['the hash in place of the secret', `cgw_team1_${line.split(':')[2]?.slice(0, 43)}`],
  ])('%s is refused', (_case, given) => {
    expect(keys.verify(given)).toBeUndefined();
  });

  test.each(['x', 'a:b', 'a:admin:xyz', `a:root:${'0'.repeat(64)}`, `a:admin:${'0'.repeat(64)}:x`])(
    'the line %s is refused without being quoted',
    (bad) => {
      expect(() => parseApiKeyLine(bad)).toThrow(/key/);
      expect(() => parseApiKeyLine(bad)).not.toThrow(bad);
    },
  );

  test('each role may do what the ones before it may, and no more', () => {
    const table = ROLES.map((role) =>
      (['tasks:read', 'tasks:submit', 'queues:purge'] as const).map((needed) => permits(role, needed)),
    );
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});
