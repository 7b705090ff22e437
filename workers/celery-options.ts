const TASKS = 'task modules are named with --tasks';
const BEAT =
  'the gateway sends recurring tasks (docs/guide/schedules.md), and celery beat does beside this worker';
const DAEMON = 'run it under systemd or in a container, which keep it up as well';

/** Options of `celery worker` that this worker does not have, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  '-A': TASKS,
  '--app': TASKS,
  '-I': TASKS,
  '--include': TASKS,
  '-B': BEAT,
  '--beat': BEAT,
  '-s': BEAT,
  '--schedule': BEAT,
  '--schedule-filename': BEAT,
  '--scheduler': BEAT,
  '-D': DAEMON,
  '--detach': DAEMON,
  '--pidfile': DAEMON,
  '--uid': DAEMON,
  '--gid': DAEMON,
  '--umask': DAEMON,
  '--workdir': DAEMON,
  '--executable': DAEMON,
  '-O': 'a task always goes to a free slot, as with -O fair',
  '--optimization': 'a task always goes to a free slot, as with -O fair',
  '--purge': 'celery purge empties queues, and so does DELETE /rabbitmq/queues/{name}/purge',
  '--discard': 'celery purge empties queues, and so does DELETE /rabbitmq/queues/{name}/purge',
  '--max-memory-per-child': 'CELERY_WORKER_THREAD_MEMORY_MB bounds the heap of each thread',
  '--pool-start-method': 'the pools are async and threads (-P)',
  '--disable-prefetch': 'it is for Redis as a broker; --prefetch-multiplier 1 comes nearest',
  '--heartbeat-interval': 'heartbeats are sent every two seconds',
  '-q': 'use -l ERROR',
  '--quiet': 'use -l ERROR',
  '-C': 'the log has no colours',
  '--no-color': 'the log has no colours',
};

/** The parser's complaint about an option, with advice where a user of Celery may have meant it. */
export function withAdvice(complaint: string): string {
  const option = /unknown option '(?<name>[^'=]+)/.exec(complaint)?.groups?.name ?? '';
  const instead = Object.hasOwn(INSTEAD, option) ? INSTEAD[option] : undefined;
  if (instead !== undefined) return `${complaint.trimEnd()}: ${instead}\n`;
  return complaint.includes('too many arguments')
    ? `${complaint.trimEnd()} There is no subcommand: options only, see --help.\n`
    : complaint;
}
