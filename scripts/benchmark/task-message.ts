import type { Options } from 'amqplib';

export interface BenchTask {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly replyTo?: string;
  readonly ignoreResult?: boolean;
}

/** A v2 task message as Celery's own client writes it, built here so that the baselines owe nothing to our layers. */
export const taskMessage = (task: BenchTask): { content: Buffer; options: Options.Publish } => ({
  content: Buffer.from(
    JSON.stringify([task.args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]),
  ),
  options: {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 2,
    priority: 0,
    correlationId: task.id,
    replyTo: task.replyTo ?? '',
    headers: {
      lang: 'py',
      task: task.name,
      id: task.id,
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: task.id,
      parent_id: null,
      argsrepr: task.args.length === 0 ? '()' : `(${task.args.join(', ')},)`,
      kwargsrepr: '{}',
      origin: 'gen1@bench',
      ignore_result: task.ignoreResult ?? false,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    },
  },
});
