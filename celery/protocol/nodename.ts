const DEFAULT_NAME = 'celery';

/** `name@host`, the name by which a worker is addressed (celery/utils/nodenames.py `nodename`). */
export const nodename = (name: string, host: string): string => `${name}@${host}`;

/** Name of a process that is no worker, as in the header `origin`: `gen<pid>@<host>` (`anon_nodename`). */
export const anonNodename = (pid: number, host: string): string => nodename(`gen${pid}`, host);

/** Splits at the first `@`; a text without one is a host (`nodesplit`). */
export const splitNodename = (node: string): { readonly name: string | null; readonly host: string } => {
  const at = node.indexOf('@');
  return at < 0 ? { name: null, host: node } : { name: node.slice(0, at), host: node.slice(at + 1) };
};

/** The full nodename for what a user gave with `-n`: a missing half is filled in (`default_nodename`). */
export const defaultNodename = (given: string, host: string): string => {
  const parts = splitNodename(given);
  return nodename(parts.name || DEFAULT_NAME, parts.host || host);
};

/**
 * Expands `%h` (host), `%n` (name), `%d` (domain), `%i` and `%I` (child index: always the main process' here), `%p` (the
 * nodename itself) and `%%`, as `-n` and `--logfile` do (celery/utils/nodenames.py `node_format`).
 * @throws RangeError for another letter.
 */
export const expandNodename = (format: string, node: string): string => {
  const { name, host } = splitNodename(node);
  const dot = host.indexOf('.');
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    h: host,
    n: name || DEFAULT_NAME,
    d: dot < 0 ? '' : host.slice(dot + 1),
    i: '0',
    I: '',
    p: node,
  };
  return format.replace(/%([%\w])/g, (text, letter: string) => {
    const value = values[letter];
    if (value === undefined) throw new RangeError(`unknown format ${text} in ${JSON.stringify(format)}`);
    return value;
  });
};
