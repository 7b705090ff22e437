/** The host of a nodename `celery@host`: what celery-exporter labels with (celery/utils/nodenames.py `nodesplit`). */
export function hostOf(nodename: string): string {
  const at = nodename.indexOf('@');
  return at === -1 ? nodename : nodename.slice(at + 1);
}
