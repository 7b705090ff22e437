import { redactUrl } from '../amqp';
import type { WorkerConfig } from './config';

/** What a Celery user expects to see at start (celery/apps/worker.py `startup_info`); never a password. */
export function banner(config: WorkerConfig, taskNames: readonly string[], version: string): string {
  return [
    '',
    ` -------------- ${config.nodename} v${version} (celery-gateway, Node ${process.versions.node})`,
    '',
    '[config]',
    `.> transport:   ${config.brokerUrls.map(redactUrl).join(', ')}`,
    `.> results:     ${redactUrl(config.resultBackend)}`,
    `.> concurrency: ${concurrencyLine(config)}`,
    `.> task events: ${config.taskEvents ? 'ON' : 'OFF (enable -E to monitor tasks in this worker)'}`,
    '',
    '[queues]',
    ...config.queues.map((queue) => `.> ${queue.padEnd(16)} exchange=${queue}(direct) key=${queue}`),
    '',
    '[tasks]',
    ...taskNames.map((name) => `  . ${name}`),
    '',
  ].join('\n');
}

/** The pool as it is, and what it was asked for as; with autoscaling the bounds (celery/apps/worker.py `startup_info`). */
function concurrencyLine({ concurrency, autoscale, pool, poolAsked }: WorkerConfig): string {
  const slots = autoscale === null ? concurrency : `{min=${autoscale.min}, max=${autoscale.max}}`;
  return `${slots} (${pool}${pool === poolAsked ? '' : `, for ${poolAsked}`})`;
}
