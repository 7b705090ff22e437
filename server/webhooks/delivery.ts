import type { MessageProperties } from '../../amqp';

/** One event for one endpoint, as it travels through the queues. */
export interface Delivery {
  /** `webhook-id`: the same for each attempt, and for the same event whichever gateway saw it. */
  readonly id: string;
  readonly endpointId: string;
  readonly type: string;
  readonly taskId: string | null;
  /** For one that is about a workflow. */
  readonly workflowId?: string | undefined;
  /** What is posted, to the letter: a signature is of bytes. */
  readonly body: string;
  /** For a URL that the submission named: it, sealed. */
  readonly callback?: string | undefined;
  /** From 1. */
  readonly attempt: number;
  /** How often it was replayed. */
  readonly run: number;
}

/** @returns undefined for what is none. */
export function readDelivery(content: Buffer): Delivery | undefined {
  try {
    const json = JSON.parse(content.toString()) as Readonly<Record<string, unknown>> | null;
    const { id, endpointId, type, taskId, workflowId, body, callback, attempt, run } = json ?? {};
    if (typeof id !== 'string' || typeof endpointId !== 'string' || typeof body !== 'string')
      return undefined;
    return {
      id,
      endpointId,
      type: typeof type === 'string' ? type : '',
      taskId: typeof taskId === 'string' ? taskId : null,
      body,
      ...(typeof workflowId === 'string' ? { workflowId } : {}),
      ...(typeof callback === 'string' ? { callback } : {}),
      attempt: typeof attempt === 'number' && attempt >= 1 ? attempt : 1,
      run: typeof run === 'number' && run >= 0 ? run : 0,
    };
  } catch {
    return undefined;
  }
}

/** As it is published. */
export function deliveryMessage(delivery: Delivery): {
  readonly content: Buffer;
  readonly properties: MessageProperties;
} {
  return {
    content: Buffer.from(JSON.stringify(delivery)),
    properties: { contentType: 'application/json', deliveryMode: 2, messageId: delivery.id },
  };
}
