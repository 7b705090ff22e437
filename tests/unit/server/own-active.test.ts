import { Permissions, type TaskOwner } from '../../../server/security/permissions';
import { type Grants, principalOf } from '../../../server/security/principal';
import { ownActive } from '../../../server/tasks/own-active';

const OWNERS: Readonly<Record<string, TaskOwner>> = {
  acme1: { tenant: 'acme', task: 'reports.daily', queue: 'reports' },
  acme2: { tenant: 'acme', task: 'users.delete', queue: 'users' },
  other1: { tenant: 'other', task: 'reports.daily', queue: 'reports' },
  nobodys: { tenant: null, task: 'reports.daily', queue: 'reports' },
};
const permissions = new Permissions({ routedQueue: () => undefined, ownerOf: (id) => OWNERS[id] });
const REPLIES = {
  replies: {
    'a@h': [{ id: 'acme1' }, { id: 'other1' }, { id: 'unknown' }, 7, null, { id: 7 }],
    'b@h': [{ id: 'other1' }, { id: 'nobodys' }],
    'c@h': { error: 'of a task of somebody else' },
    'd@h': [{ id: 'acme2' }],
  },
  missing: ['e@h'],
};
const seenBy = (grants: Omit<Grants, 'id'> | undefined) =>
  ownActive(REPLIES, grants && principalOf({ id: 'k', ...grants }), permissions);

test('a key without limits sees all as it came', () => {
  expect(seenBy({ role: 'admin' })).toEqual(REPLIES);
  expect(seenBy(undefined)).toEqual(REPLIES);
});

test.each<readonly [string, Omit<Grants, 'id'>, object]>([
  ['a tenant', { tenant: 'acme' }, { 'a@h': [{ id: 'acme1' }], 'd@h': [{ id: 'acme2' }] }],
  ['a tenant limited to tasks', { tenant: 'acme', tasks: ['reports.*'] }, { 'a@h': [{ id: 'acme1' }] }],
  ['a tenant nobody submitted for', { tenant: 'new' }, {}],
  ['a key limited to queues', { queues: ['users'] }, { 'd@h': [{ id: 'acme2' }] }],
])('%s sees its own, and no worker that runs none of them', (_who, grants, replies) => {
  expect(seenBy(grants)).toEqual({ replies, missing: ['e@h', 'c@h'] });
});
