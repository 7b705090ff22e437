import {
  ConfigError,
  flag,
  integer,
  loadConfig,
  optionalText,
  secret,
  settingsSchema,
} from '../../../runtime';

const schema = settingsSchema({
  PORT: integer({ default: 80, min: 1, max: 100, description: 'port' }),
  ON: flag({ default: false, description: 'flag' }),
  USERNAME: optionalText({ description: 'user', alias: 'USER' }),
  PASSWORD: secret({ default: 'p', description: 'password' }),
});

describe('loadConfig', () => {
  test('absent and empty settings take their defaults, unknown ones are ignored', () => {
    expect(loadConfig(schema, { PORT: '', PATH: '/bin' })).toEqual({ PORT: 80, ON: false, PASSWORD: 'p' });
  });

  test.each(['true', '1', 'yes', 'on'])('%s turns a flag on', (value) => {
    expect(loadConfig(schema, { ON: value }).ON).toBe(true);
  });

  test('an alias counts, the proper name wins', () => {
    expect(loadConfig(schema, { USER: 'a' }).USERNAME).toBe('a');
    expect(loadConfig(schema, { USER: 'a', USERNAME: 'b' }).USERNAME).toBe('b');
  });

  test('all problems come at once and no value is quoted', () => {
    let raised: unknown;
    try {
      loadConfig(schema, { PORT: 'CANARY', ON: 'CANARY' });
    } catch (error) {
      raised = error;
    }
    expect(raised).toBeInstanceOf(ConfigError);
    expect((raised as ConfigError).problems.map(({ setting }) => setting)).toEqual(['PORT', 'ON']);
    expect((raised as ConfigError).message).not.toContain('CANARY');
  });

  test('the configuration cannot be changed', () => {
    expect(Object.isFrozen(loadConfig(schema, {}))).toBe(true);
  });
});
