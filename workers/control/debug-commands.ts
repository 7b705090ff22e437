import { arch, release, type } from 'node:os';
import type { ControlCommand } from '../../celery/control';
import { PythonError, pythonRepr } from '../../celery/protocol';
import { ANY_OTHER, boundCommand } from './bound-command';
import type { WorkerView } from './worker-view';

/** Samples kept for `memdump`; a person asks for each. */
const MAX_SAMPLES = 100;

/** `report` and the commands that look for memory leaks (celery/worker/control.py, celery/utils/debug.py). */
export const debugCommands = (worker: WorkerView): Readonly<Record<string, ControlCommand>> => {
  const samples: string[] = [];
  const sample = (): string => {
    const text = `${(process.memoryUsage().rss / 2 ** 20).toFixed(3)}MB`;
    samples.push(text);
    if (samples.length > MAX_SAMPLES) samples.shift();
    return text;
  };
  return {
    ...boundCommand('report', [], () => ({ ok: report(worker) })),
    ...boundCommand('memsample', [ANY_OTHER], sample),
    ...boundCommand('memdump', [{ name: 'samples', default: 10 }, ANY_OTHER], (args) => {
      const count = Number(args.samples);
      const shown = samples.slice(Number.isInteger(count) && count > 0 ? -count : 0);
      const lines = [
        ...(shown.length === 0 ? [] : ['- rss (sample):']),
        ...shown.map((text) => `-    > ${text},`),
      ];
      return `${[...lines, `- rss: ${sample()}.`].join('\n')}\n`;
    }),
    ...boundCommand('objgraph', [ANY_OTHER], () => {
      throw new PythonError('NotImplementedError', 'builtins', [
        'objgraph draws Python objects; this worker runs on Node: take a heap snapshot instead',
      ]);
    }),
  };
};

/** The form of celery/app/utils.py `bugreport`. */
function report(worker: WorkerView): string {
  const settings = worker.settings(false);
  return [
    '',
    `software -> celery-gateway:${worker.version} node:${process.versions.node} v8:${process.versions.v8}`,
    `platform -> system:${type()} arch:${arch()}`,
    `            kernel version:${release()}`,
    `settings -> transport:amqp results:${String(worker.settings(true).result_backend)}`,
    '',
    ...Object.entries(settings).map(([name, value]) => `${name}: ${pythonRepr(value)}`),
    '',
  ].join('\n');
}
