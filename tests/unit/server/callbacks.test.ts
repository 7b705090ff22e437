import { CALLBACK_HEADER } from '../../../celery/records';
import { AddressGuard, Callbacks, SecretSeal } from '../../../server/webhooks';

const guard = new AddressGuard({ allowed: [], allowHttp: false });
const [OLD, NEW] = ['an old text of more than 32 characters', 'a new text of more than 32 characters'];
const URL = 'https://example.com/hook?token=secret';

const sealedBy = (callbacks: Callbacks): string => callbacks.headersFor(URL, 'team')[CALLBACK_HEADER] ?? '';

test('what travels with the task says nothing to those without the secret', () => {
  const callbacks = new Callbacks([OLD], guard);
  const sealed = sealedBy(callbacks);
  expect(sealed).not.toContain('example.com');
  expect(callbacks.open(sealed)).toEqual({ url: URL, owner: 'team' });
  expect(new Callbacks([NEW], guard).open(sealed)).toBeUndefined();
});

test('text that nobody has sealed, or that was sealed for something else, is no callback', () => {
  const callbacks = new Callbacks([OLD], guard);
  expect(callbacks.open(JSON.stringify({ url: URL, owner: 'team' }))).toBeUndefined();
  expect(callbacks.open(new SecretSeal('WEBHOOKS_SECRETS_KEY').seal(URL))).toBeUndefined();
});

test('after a rotation old callbacks are opened, and both secrets sign', () => {
  const before = new Callbacks([OLD], guard);
  const after = new Callbacks([NEW, OLD], guard);
  expect(after.open(sealedBy(before))).toEqual({ url: URL, owner: 'team' });
  expect(before.open(sealedBy(after))).toBeUndefined();
  expect(after.signingSecrets('team')).toEqual([after.secretOf('team'), before.secretOf('team')]);
});

test('each key has a secret of its own', () => {
  const callbacks = new Callbacks([OLD], guard);
  expect(callbacks.secretOf('one')).not.toBe(callbacks.secretOf('other'));
  expect(callbacks.secretOf('one')).toMatch(/^whsec_[\w+/]{43}=$/);
});

test('without a secret none is taken', () => {
  const callbacks = new Callbacks([], guard);
  expect(callbacks.offered).toBe(false);
  expect(() => callbacks.headersFor(URL, 'team')).toThrow(
    expect.objectContaining({ code: 'CALLBACKS_DISABLED' }),
  );
});
