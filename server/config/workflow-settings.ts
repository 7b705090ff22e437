import { integer, text } from '../../runtime';

/** Workflows, and chords on rpc://. */
export const workflowSettings = {
  WORKFLOW_MAX_NODES: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Tasks and parts (chains, groups, chords, maps) of one workflow.',
  }),
  WORKFLOW_MAX_DEPTH: integer({
    default: 16,
    min: 1,
    max: 40,
    description: 'Parts inside parts of one workflow.',
  }),
  WORKFLOW_STREAM: text({
    default: 'celery-gateway.workflows',
    description: 'Name of the stream that keeps the graphs of workflows.',
  }),
  WORKFLOW_MAX_ENTRIES: integer({
    default: 1000,
    min: 10,
    max: 1_000_000,
    description: 'Workflows held in the memory of one gateway process; the oldest are forgotten.',
  }),
  CHORD_QUEUE: text({
    default: 'celery-gateway.chords',
    description:
      'Queue on which chords with rpc:// results wait for their header. TypeScript workers and clients use the default.',
  }),
  CHORD_MAX_OPEN: integer({
    default: 10_000,
    min: 10,
    max: 65_535,
    description: 'Chords that one gateway watches at a time; more wait in the queue.',
  }),
} as const;
