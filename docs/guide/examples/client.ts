import { createClient, GatewayProblem } from 'celery-gateway/client';

/** Adds on some worker, in whatever language it is written. */
export async function add(url: string, apiKey: string, x: number, y: number): Promise<unknown> {
  const gateway = createClient({ url, apiKey });
  const submitted = await gateway.submitTask({ body: { task_name: 'guide.add', args: [x, y] } });
  const { body } = await gateway.getTask({
    params: { task_id: submitted.body.task_id },
    query: { wait: 30 },
  });
  if (body.status !== 'SUCCESS') throw new Error(body.error?.message ?? body.status);
  return body.result;
}

/** What a problem says: `code` is stable, and `retryAfterSeconds` is there where trying again makes sense. */
export async function stateOf(url: string, apiKey: string, taskId: string): Promise<string> {
  try {
    return (await createClient({ url, apiKey }).getTask({ params: { task_id: taskId } })).body.status;
  } catch (error) {
    if (error instanceof GatewayProblem && error.code === 'TASK_NOT_FOUND') return 'never seen';
    throw error;
  }
}
