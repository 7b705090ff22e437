import fc from 'fast-check';
import { GlobSet } from '../../../server/security/glob-set';
import { Permissions, type TaskOwner } from '../../../server/security/permissions';
import { type Grants, principalOf } from '../../../server/security/principal';

const permissions = new Permissions({
  routedQueue: (task) => (task.startsWith('mail.') ? 'mail' : task === 'fanned.out' ? undefined : 'celery'),
  ownerOf: () => undefined,
});
const holder = (grants: Omit<Grants, 'id'>) => principalOf({ id: 'k', role: 'submitter', ...grants });

describe('GlobSet', () => {
  test.each([
    ['reports', 'reports', true],
    ['reports', 'reports2', false],
    ['reports.*', 'reports.daily', true],
    ['reports.*', 'xreports.daily', false],
    ['*.daily', 'a.b.daily', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['a.b', 'axb', false],
  ])('%s has %s: %s', (glob, name, expected) => {
    expect(new GlobSet([glob]).has(name)).toBe(expected);
  });

  test('says the same as the regular expression of the glob', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 });
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replace(/\*+/g, '.*');
        expect(new GlobSet([pattern]).has(text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('takes no longer for a glob made to be slow', () => {
    const startedAt = performance.now();
    expect(new GlobSet([`${'*a'.repeat(120)}b`]).has('a'.repeat(255))).toBe(false);
    // A backtracking matcher would not come back at all.
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('Permissions.check', () => {
  test('a key without limits may send anything', () => {
    permissions.check(holder({}), { task: 'any', exchange: 'x' });
    permissions.check(undefined, { task: 'any' });
  });

  test('a task outside of the key is refused with the place it stands at', () => {
    const limited = holder({ tasks: ['reports.*'] });
    permissions.check(limited, { task: 'reports.daily' });
    const refused = () => permissions.check(limited, { task: 'users.delete', pointer: '/link/0' });
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'NAME_NOT_ALLOWED',
        details: { errors: [{ pointer: '/link/0/task_name', detail: 'is not among the tasks of this key' }] },
      }),
    );
  });

  test.each([
    ['a queue it names', { task: 'x', queue: 'mail' }, true],
    ['another queue', { task: 'x', queue: 'celery' }, false],
    ['the queue its route leads to', { task: 'mail.send' }, true],
    ['the default queue', { task: 'x' }, false],
    ['an exchange, whatever it leads to', { task: 'mail.send', exchange: 'mail' }, false],
    ['a route to an exchange', { task: 'fanned.out' }, false],
  ])('a key limited to one queue may use %s: %o', (_case, sent, allowed) => {
    const check = () => permissions.check(holder({ queues: ['mail'] }), sent);
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'NAME_NOT_ALLOWED' }));
  });

  test("a tenant cannot take over the id of another tenant's task, only of its own", () => {
    const owners: Record<string, TaskOwner> = {
      theirs: { tenant: 'other', task: 't', queue: 'q' },
      ours: { tenant: 'acme', task: 't', queue: 'q' },
      nobodys: { tenant: null, task: 't', queue: 'q' },
    };
    const owned = new Permissions({ routedQueue: () => 'q', ownerOf: (taskId) => owners[taskId] });
    const check = (taskId: string) => () => owned.check(holder({ tenant: 'acme' }), { task: 't', taskId });
    expect(check('theirs')).toThrow(expect.objectContaining({ code: 'NAME_NOT_ALLOWED' }));
    expect(check('nobodys')).toThrow(expect.objectContaining({ code: 'NAME_NOT_ALLOWED' }));
    expect(check('ours')).not.toThrow();
    expect(check('new')).not.toThrow();
  });
});

describe('Permissions.maySee', () => {
  const owner: TaskOwner = { tenant: 'acme', task: 'reports.daily', queue: 'reports' };
  test.each([
    ['a key without limits', {}, owner, true],
    ['a key without limits, of nobody', {}, undefined, true],
    ['the tenant', { tenant: 'acme' }, owner, true],
    ['another tenant', { tenant: 'other' }, owner, false],
    ['the tenant, of nobody', { tenant: 'acme' }, undefined, false],
    ['the tenant, of a task without one', { tenant: 'acme' }, { ...owner, tenant: null }, false],
    ['a key for these tasks', { tasks: ['reports.*'] }, owner, true],
    ['a key for other tasks', { tasks: ['mail.*'] }, owner, false],
    ['a key for other queues', { queues: ['mail'] }, owner, false],
    [
      'a key for queues, of a task that went to an exchange',
      { queues: ['*'] },
      { ...owner, queue: null },
      false,
    ],
  ])('%s: %o %o is %s', (_case, grants, seen, expected) => {
    expect(permissions.maySee(holder(grants), seen)).toBe(expected);
  });
});

describe('Permissions.checkGrants', () => {
  test('a key may give away what it may do itself, and nothing beyond', () => {
    const manager = principalOf({ id: 'm', scopes: ['keys:manage', 'tasks:read', 'tasks:submit'] });
    permissions.checkGrants(manager, { scopes: ['tasks:read'] });
    permissions.checkGrants(manager, { role: 'reader' });
    expect(() => permissions.checkGrants(manager, { role: 'submitter' })).toThrow(/tasks:revoke/);
    expect(() => permissions.checkGrants(manager, { scopes: ['queues:purge'] })).toThrow(/queues:purge/);
  });

  test('a limited key gives nothing away', () => {
    const limited = holder({ tenant: 'acme' });
    expect(() => permissions.checkGrants(limited, { role: 'reader' })).toThrow(/not limited/);
  });
});
