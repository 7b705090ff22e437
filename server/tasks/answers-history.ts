import Joi from 'joi';

const text = Joi.string().allow(null, '').required();
const time = Joi.string().isoDate().allow(null).required().description('UTC.');
const seconds = Joi.number().min(0).allow(null).required();

/** What {@link historyView} tells. */
export const historyKeys = {
  state: Joi.string()
    .required()
    .description(
      'QUEUED (confirmed by the broker, not yet received), RECEIVED, STARTED, RETRY, SUCCESS, FAILURE, REVOKED, REJECTED, or a state of the task.',
    ),
  reason: Joi.string()
    .valid('expired', 'revoked', 'terminated')
    .allow(null)
    .required()
    .description('Of a REVOKED task.'),
  priority: Joi.number().integer().allow(null).required(),
  args: Joi.array().allow(null).required().description('Positional arguments, where the record has them.'),
  kwargs: Joi.object().allow(null).required().description('Keyword arguments, where the record has them.'),
  arguments_text: text.description('As a worker printed them, cut; only where `args` is null.'),
  queued_at: time,
  received_at: time,
  updated_at: time,
  wait_seconds: seconds.description('From when it was due (queued, or its ETA) until it started.'),
  runtime_seconds: seconds,
  eta: text,
  expires: text,
  root_id: text,
  parent_id: text,
  group_id: text,
  progress: Joi.any().required().description('What the task last reported with a state of its own.'),
  tags: Joi.array().items(Joi.string().allow('')).required(),
  stamps: Joi.object().required(),
  result_forgotten: Joi.boolean().required().description('Somebody had its result deleted.'),
} as const;
