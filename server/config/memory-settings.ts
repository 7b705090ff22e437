import { flag, integer, optionalText, text } from '../../runtime';

/** What the gateway remembers: the streams and the bounded indexes over them. */
export const memorySettings = {
  SUBMISSION_RECORD_ENABLED: flag({
    default: true,
    description:
      'Copies each submitted message to a stream in the same publish, so that "queued" differs from "never heard of it" and tasks can be replayed. Costs 7 % to a third of confirm throughput.',
  }),
  SUBMISSION_RECORD_STREAM: text({
    default: 'celery-gateway.submissions',
    description: 'Name of the submission stream.',
  }),
  SUBMISSION_RECORD_MAX_AGE_SECONDS: integer({
    default: 86_400,
    min: 60,
    max: 31_536_000,
    description: 'Submission records older than this may be dropped by the broker.',
  }),
  SUBMISSION_RECORD_RESUBMIT: flag({
    default: false,
    description: 'Submits tasks again whose queue was deleted between the check and their publish.',
  }),
  TRAFFIC_STREAMS_MAX_BYTES: integer({
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description:
      'Size of each stream that grows with the traffic (submissions, results, events, task logs) at which the broker drops the oldest before their time; 0 leaves it to their age. Counts for streams declared from then on: one that exists takes a policy with max-length-bytes.',
  }),
  RESULT_STREAM: text({
    default: 'celery-gateway.results',
    description: 'Name of the stream that workers reply to with rpc:// results.',
  }),
  GATEWAY_INSTANCE: optionalText({
    description:
      'Name of this gateway: the same after a restart, unlike any other on the vhost. It names the queue that results come to where the broker has no streams. Host name and port when empty.',
  }),
  RESULT_MAX_ENTRIES: integer({
    default: 100_000,
    min: 100,
    max: 10_000_000,
    description: 'Results held in the memory of one gateway process.',
  }),
  EVENTS_ENABLED: flag({
    default: true,
    description:
      'Listens to task and worker events (celeryev): they tell STARTED and which worker ran a task.',
  }),
  EVENTS_ENABLE_ON_WORKERS: flag({
    default: true,
    description: 'Tells workers started without -E to send task events (enable_events), as Flower does.',
  }),
  EVENTS_MAX_AGE_SECONDS: integer({
    default: 3600,
    min: 60,
    max: 31_536_000,
    description: 'How long events are kept in the broker and replayed at start.',
  }),
  TASK_HISTORY_LIMIT: integer({
    default: 100_000,
    min: 100,
    max: 10_000_000,
    description:
      'Tasks held in the memory of one gateway process, each joined from its submission, its events and its result. Those without news for longest go first.',
  }),
  EVENT_STREAM_BACKLOG: integer({
    default: 10_000,
    min: 100,
    max: 1_000_000,
    description:
      'Changes per log held in memory, so that a caller whose event stream broke can go on where it was.',
  }),
  EVENT_STREAMS_PER_KEY: integer({
    default: 100,
    min: 1,
    max: 100_000,
    description: 'Event streams one API key may have open; one more is answered 429 TOO_MANY_STREAMS.',
  }),
  EVENT_STREAMS_MAX: integer({
    default: 2000,
    min: 1,
    max: 100_000,
    description: 'Event streams of all keys together.',
  }),
  TASK_LOGS_ENABLED: flag({
    default: true,
    description: 'Keeps what tasks on TypeScript workers log, for GET /rabbitmq/tasks/{id}/logs.',
  }),
  TASK_LOGS_MAX_AGE_SECONDS: integer({
    default: 86_400,
    min: 60,
    max: 31_536_000,
    description: 'How long lines of tasks are kept in the broker and read back at start.',
  }),
  CONTROL_TIMEOUT_MS: integer({
    default: 1000,
    min: 50,
    max: 60_000,
    description: 'How long replies of workers to control commands are waited for.',
  }),
} as const;
