import Joi from 'joi';
import { messageSchema } from '../queue-contents';

export const setupAnswerSchema = Joi.object({
  queue_name: Joi.string().required(),
  dead_letter_queue: Joi.string().required(),
  exchange: Joi.string().required(),
  routing_key: Joi.string().required(),
  by: Joi.string().valid('policy', 'arguments').required(),
  policy_name: Joi.string().allow(null).required(),
  retries: Joi.object({
    exchange: Joi.string().required().description('What the queue dead-letters to.'),
    delays_seconds: Joi.array().items(Joi.number()).required(),
    queue_names: Joi.array()
      .items(Joi.string())
      .required()
      .description('Where messages wait, in the order of the delays.'),
  })
    .allow(null)
    .required(),
  notes: Joi.array().items(Joi.string()).required(),
});

export const countsSchema = Joi.object({
  items: Joi.array()
    .items(
      Joi.object({
        queue_name: Joi.string().required(),
        message_count: Joi.number().integer().required(),
        consumer_count: Joi.number().integer().required(),
      }),
    )
    .required(),
});

export const letterListSchema = Joi.object({
  queue_name: Joi.string().required(),
  items: Joi.array().items(messageSchema).required(),
});

export const importedSchema = Joi.object({
  imported: Joi.number().integer().required(),
  failed: Joi.number().integer().required(),
  problems: Joi.array()
    .items(Joi.object({ line: Joi.number().integer().required(), detail: Joi.string().required() }))
    .required()
    .description('The first of them.'),
});
