import type { TaskMeta, TaskRequest } from '../../celery/protocol';
import type { ResultAddress, ResultWriter } from '../../celery/results';

/**
 * Adds to every result what ran, with what, and where (`result_extended`; celery/backends/base.py `_get_result_meta`). A
 * chain step failed on behalf of another task is stored without: nobody ran it.
 */
export class ExtendedResults implements ResultWriter {
  constructor(
    private readonly inner: ResultWriter,
    private readonly nodename: string,
  ) {}

  start(): Promise<void> {
    return this.inner.start();
  }

  stop(): Promise<void> {
    return this.inner.stop();
  }

  storeResult(address: ResultAddress, meta: TaskMeta): Promise<void> {
    return this.inner.storeResult(address, isRequest(address) ? this.extended(address, meta) : meta);
  }

  private extended(request: TaskRequest, meta: TaskMeta): TaskMeta {
    const { task, args, kwargs, retries, deliveryInfo } = request;
    return {
      ...meta,
      name: task,
      args: request.hidden ? request.argsrepr : args,
      kwargs: request.hidden ? request.kwargsrepr : kwargs,
      worker: this.nodename,
      retries,
      queue: deliveryInfo.routingKey,
    };
  }
}

const isRequest = (address: ResultAddress): address is TaskRequest => 'deliveryInfo' in address;
