import { integer, optionalText, text } from '../../runtime';

/** Batches, idempotency keys, dedup windows, replays and the task catalogue. */
export const submitSettings = {
  GATEWAY_BATCH_MAX_TASKS: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Tasks of one JSON batch. A batch as NDJSON has no limit: it is read as it is sent.',
  }),
  GATEWAY_BATCH_BODY_LIMIT_BYTES: integer({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: 1024 * 1024 * 1024,
    description:
      'Largest JSON batch, after decompression (413 beyond). Of an NDJSON batch each line is limited.',
  }),
  GATEWAY_BATCH_WINDOW: integer({
    default: 1000,
    min: 1,
    max: 65_535,
    description:
      'Tasks of all batches together that await their confirm; never more than half of PUBLISHER_MAX_IN_FLIGHT.',
  }),
  IDEMPOTENCY_STREAM: text({
    default: 'celery-gateway.idempotency',
    description: 'Name of the stream that keeps idempotency keys and dedup windows.',
  }),
  IDEMPOTENCY_TTL_SECONDS: integer({
    default: 86_400,
    min: 60,
    max: 31_536_000,
    description: 'How long an Idempotency-Key is remembered; also the longest dedup window.',
  }),
  IDEMPOTENCY_MAX_ENTRIES: integer({
    default: 100_000,
    min: 100,
    max: 10_000_000,
    description: 'Idempotency keys and dedup windows held in the memory of one gateway process.',
  }),
  IDEMPOTENCY_LEASE_SECONDS: integer({
    default: 30,
    min: 1,
    max: 3600,
    description:
      'A request in flight whose gateway has not been heard of for so long counts as dead: its key may be used again.',
  }),
  REPLAY_MAX_TASKS: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Tasks that one POST /rabbitmq/tasks/retry submits again at most.',
  }),
  TASK_SCHEMAS_DIR: optionalText({
    description:
      'Folder of JSON Schemas (draft 2020-12), one <task name>.json for each task, of an object with args and kwargs. Arguments are checked before publishing.',
  }),
  TASK_SCHEMAS_RELOAD_SECONDS: integer({
    default: 5,
    min: 1,
    max: 3600,
    description: 'How often that folder is looked at for changes.',
  }),
} as const;
