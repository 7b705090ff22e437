import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { canvas } from '../../celery/protocol';
import { patiently, type TaskRun, type TaskServices } from '../execution';
import type { FromThread, ThreadAction, ToThread } from './thread-protocol';
import { errorToWire } from './wire-error';

/** The main thread's end of the line to a running task: does what the task asks for, and tells it to end. */
export class ThreadLink {
  constructor(
    private readonly port: MessagePort,
    private readonly run: TaskRun,
    private readonly services: TaskServices,
  ) {
    port.on('message', this.receive);
  }

  abort(reason: unknown): void {
    this.post({ kind: 'abort', reason: errorToWire(reason) });
  }

  /** Takes in what the thread said before it ended, then closes the line. */
  close(): void {
    for (let next = receiveMessageOnPort(this.port); next !== undefined; ) {
      this.receive(next.message as FromThread);
      next = receiveMessageOnPort(this.port);
    }
    this.port.off('message', this.receive);
    this.port.close();
  }

  private readonly receive = (message: FromThread): void => {
    if (message.kind === 'action') {
      void this.answer(message.id, message.action);
      return;
    }
    const { id: taskId, request } = this.run;
    this.services.logger
      .child({ taskId, task: request.task })
      [message.level](message.message, message.fields);
  };

  private async answer(id: number, action: ThreadAction): Promise<void> {
    try {
      this.post({ kind: 'done', id, value: await this.perform(action) });
    } catch (error) {
      this.post({ kind: 'failed', id, error: errorToWire(error) });
    }
  }

  private async perform(action: ThreadAction): Promise<unknown> {
    const { sender, publisher, exchanges, results } = this.services;
    switch (action.what) {
      case 'submit': {
        const submitted = await sender.submit(action.submission);
        this.run.children.push(canvas.taskResult(submitted.taskId));
        return submitted;
      }
      case 'publish-canvas': {
        const { plan, routeName } = action;
        await this.services.canvas.publish(plan, routeName, (publish) =>
          patiently(publish, () => this.run.signal),
        );
        this.run.children.push(...plan.trail);
        return undefined;
      }
      case 'add-to-chord':
        await this.services.chordParts?.addToChord(action.groupId, action.member);
        return undefined;
      case 'publish': {
        const { request } = action;
        const { buffer, byteOffset, byteLength } = request.content;
        await publisher.publish({ ...request, content: Buffer.from(buffer, byteOffset, byteLength) });
        return undefined;
      }
      case 'store-state':
        await results.storeResult(this.run.request, action.meta);
        return undefined;
      case 'ensure-exchange':
        await exchanges.ensure(action.name, action.type);
        return undefined;
      case 'forget-exchange':
        exchanges.forget(action.name);
        return undefined;
    }
  }

  private post(message: ToThread): void {
    this.port.postMessage(message);
  }
}
