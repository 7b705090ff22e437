import type { ControlCommand } from '../../celery/control';
import { pythonRepr } from '../../celery/protocol';
import { stampMatches } from '../intake';
import { ANY_OTHER, boundCommand, optional } from './bound-command';
import { signalNumber } from './signals';
import type { WorkerView } from './worker-view';

type Arguments = Readonly<Record<string, unknown>>;

/** `revoke`, `terminate` and `revoke_by_stamped_headers` (celery/worker/control.py). */
export const revokeCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => ({
  ...boundCommand(
    'revoke',
    ['task_id', optional('terminate', false), optional('signal'), ANY_OTHER],
    (args) => revoke(worker, args),
  ),
  ...boundCommand('terminate', ['signal', 'task_id', ANY_OTHER], (args) =>
    revoke(worker, { ...args, terminate: true }),
  ),
  ...boundCommand(
    'revoke_by_stamped_headers',
    ['headers', optional('terminate', false), optional('signal'), ANY_OTHER],
    (args) => revokeByStamps(worker, args),
  ),
});

function revoke(worker: WorkerView, args: Arguments): object {
  const ids = new Set(listOf(args.task_id).filter((id): id is string => typeof id === 'string'));
  const signum = args.terminate ? signalNumber(args.signal || null) : null;
  worker.revoked.add(ids);
  worker.storeRevoked(ids);
  if (signum === null) return { ok: `tasks ${pythonSet(ids)} flagged as revoked` };
  const here = worker.terminate(ids, signum);
  return { ok: here.length === 0 ? 'terminate: tasks unknown' : `terminate: ${here.join(', ')}` };
}

function revokeByStamps(worker: WorkerView, args: Arguments): object {
  const signum = signalNumber(args.signal || null);
  const headers = headersOf(args.headers);
  const wanted = new Map(Object.entries(headers).map(([name, value]) => [name, new Set(listOf(value))]));
  for (const [header, values] of wanted) worker.revoked.addStamps(header, values);
  const shown = pythonRepr(headers);
  if (!args.terminate) return { ok: `headers ${shown} flagged as revoked, but not terminated` };
  const ids = worker.active().filter((run) => stampMatches(run.request, wanted));
  const here = worker.terminate(new Set(ids.map((run) => run.id)), signum);
  return { ok: here.length === 0 ? `headers ${shown} were not terminated` : `headers ${shown} revoked` };
}

/** `{k: v | [v]}`, or `["k=v"]` from the command line. */
function headersOf(headers: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(headers)) return Object.fromEntries(headers.map((pair) => splitPair(String(pair))));
  if (typeof headers === 'object' && headers !== null) return headers as Arguments;
  throw new TypeError('headers must be a mapping or a list of header=value');
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 0) throw new TypeError(`'${pair}' is not header=value`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
};

/** Python's text of a set of ids, which callers get to read. */
const pythonSet = (ids: ReadonlySet<string>): string =>
  ids.size === 0 ? 'set()' : `{${[...ids].map((id) => `'${id}'`).join(', ')}}`;
