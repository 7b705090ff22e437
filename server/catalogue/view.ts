import type { Catalogue } from './service';

export function catalogueView({ tasks, noReply }: Catalogue): object {
  return {
    tasks: tasks.map(({ name, workers, schema }) => ({ task_name: name, workers, schema: schema ?? null })),
    no_reply: noReply,
  };
}
