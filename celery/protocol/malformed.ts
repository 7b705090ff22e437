import type { MalformedReason } from './task-request';

/** Thrown inside the reader only; `readTaskMessage` turns it into an outcome. */
export class Malformed extends Error {
  readonly reason: MalformedReason;

  constructor(reason: MalformedReason, detail: string) {
    super(detail);
    this.name = 'Malformed';
    this.reason = reason;
  }
}
