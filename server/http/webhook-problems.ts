import type { ProblemCode } from '../errors';
import type { ProblemKind } from './problem-kind';

/** Problems of webhooks; a part of the problem table. */
export const WEBHOOK_PROBLEMS = {
  WEBHOOK_NOT_FOUND: { status: 404, title: 'The webhook does not exist', advice: 'List the webhooks.' },
  DELIVERY_NOT_FOUND: {
    status: 404,
    title: 'The delivery is not known',
    advice: 'It belongs to another webhook, or is older than the delivery log (WEBHOOKS_LOG_LIMIT).',
  },
  CALLBACKS_DISABLED: {
    status: 409,
    title: 'Callbacks are not offered here',
    advice: 'Leave callback_url out, or set WEBHOOKS_CALLBACK_SECRETS. Nothing was queued.',
  },
  WEBHOOKS_FULL: {
    status: 409,
    title: 'There are too many webhooks',
    advice: 'Delete one, or raise WEBHOOKS_MAX.',
  },
} as const satisfies Partial<Record<ProblemCode, ProblemKind>>;
