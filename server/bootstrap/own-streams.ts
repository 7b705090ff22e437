import type { ServerConfig } from '../config';

/** Queues that are the gateway's own: callers may not name them. */
export const ownStreams = (config: ServerConfig): readonly string[] => [
  config.SUBMISSION_RECORD_STREAM,
  config.RESULT_STREAM,
  config.IDEMPOTENCY_STREAM,
  config.WORKFLOW_STREAM,
  config.CHORD_QUEUE,
];
