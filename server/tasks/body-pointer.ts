import { CELERY_OPTION_NAMES } from '../../celery/protocol';

/** The Celery layer spells a callback's place in its own words too. */
function callbackPointer(rest: string): string {
  return rest.replaceAll('/options/', '/').replace(/\/task$/, '/task_name');
}

/** A place in a task as the Celery layer names it, in the words of the body that asked for it. */
export function bodyPointer(pointer: string): string {
  if (pointer === '/name') return '/task_name';
  if (pointer === '/id') return '/task_id';
  const [, option = '', rest = ''] = /^\/options\/([^/]+)(\/.*)?$/.exec(pointer) ?? [];
  // The body spells its options as Celery does.
  if (option === 'stamps' || option === 'stampedHeaders')
    return option === 'stamps' ? `/stamps${rest}` : '/stamps';
  const field = (CELERY_OPTION_NAMES as Readonly<Record<string, string>>)[option];
  if (field === undefined) return pointer;
  return option === 'link' || option === 'linkError'
    ? `/${field}${callbackPointer(rest)}`
    : `/${field}${rest}`;
}
