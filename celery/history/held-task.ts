import { parseIsoTime } from '../protocol';
import type { Cell } from './task-counts';
import type { RevokeReason, TaskRecord } from './task-record';
import { joinedState } from './task-state';

/** A task as the history holds it: one flat object, because there are a hundred thousand. */
export class HeldTask implements TaskRecord {
  name: string | null = null;
  state: string = 'QUEUED';
  revokedBy: RevokeReason | null = null;
  queue: string | null = null;
  exchange: string | null = null;
  routingKey: string | null = null;
  worker: string | null = null;
  retries: number | null = null;
  priority: number | null = null;
  submittedAt: number | null = null;
  sentAt: number | null = null;
  receivedAt: number | null = null;
  startedAt: number | null = null;
  retriedAt: number | null = null;
  /** By its last event. */
  endedAt: number | null = null;
  /** When its result was stored. */
  storedAt: number | null = null;
  eta: string | null = null;
  expires: string | null = null;
  rootId: string | null = null;
  parentId: string | null = null;
  groupId: string | null = null;
  tenant: string | null = null;
  callback: string | null = null;
  argumentsText: string | null = null;
  /** {@link argumentsText} is JSON from the record; else it is reprs from events. */
  argumentsExact: boolean = false;
  resultText: string | null = null;
  errorText: string | null = null;
  traceback: string | null = null;
  progress: unknown = undefined;
  stamps: Readonly<Record<string, unknown>> | null = null;
  tags: readonly string[] | null = null;
  forgotten: boolean = false;
  recordOffset: number | null = null;
  eventState: string | null = null;
  eventStateAt: number = 0;
  resultState: string | null = null;
  resultOffset: number | null = null;
  ranSeconds: number | null = null;
  /** Of the event that named the worker, so that the latest one stands. */
  workerAt: number = 0;
  /** Characters of text held, for the history's limit. */
  weight: number = 0;
  /** Where it is counted. */
  cell: Cell | undefined = undefined;

  constructor(
    readonly taskId: string,
    public updatedAt: number,
  ) {}

  get queuedAt(): number | null {
    return this.submittedAt ?? this.sentAt;
  }

  get doneAt(): number | null {
    return this.storedAt ?? this.endedAt;
  }

  get reason(): RevokeReason | null {
    return this.state === 'REVOKED' ? (this.revokedBy ?? 'revoked') : null;
  }

  get waitSeconds(): number | null {
    const { queuedAt, startedAt, eta } = this;
    if (queuedAt === null || startedAt === null) return null;
    const due = eta === null ? queuedAt : Math.max(queuedAt, parseIsoTime(eta) ?? queuedAt);
    // Clocks of two machines: a task does not start before it was sent.
    return Math.max(0, startedAt - due) / 1000;
  }

  get runtimeSeconds(): number | null {
    if (this.ranSeconds !== null) return this.ranSeconds;
    const { startedAt, doneAt } = this;
    return startedAt === null || doneAt === null ? null : Math.max(0, doneAt - startedAt) / 1000;
  }

  /** To be called after each change of what the sources say. */
  settle(): void {
    this.state = joinedState(this);
    this.weight =
      lengthOf(this.argumentsText) +
      lengthOf(this.resultText) +
      lengthOf(this.errorText) +
      lengthOf(this.traceback);
  }
}

const lengthOf = (text: string | null): number => text?.length ?? 0;
