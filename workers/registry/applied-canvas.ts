import { type CanvasResult, canvas, type ResultTuple } from '../wire';

/** What a task started: ids of results to come. Returned from a task, it is stored in Celery's form of a result. */
export class AppliedCanvas {
  constructor(readonly result: CanvasResult) {}

  /** Id of the task whose result is the canvas', or of the group. */
  get id(): string {
    return this.result.id;
  }

  /** celery/result.py `as_tuple`: what Celery's backends store of a returned result. */
  toJSON(): ResultTuple {
    return canvas.resultTuple(this.result);
  }
}
