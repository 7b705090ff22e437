import Joi from 'joi';
import { messageSchema, payloadSchema, propertiesSchema } from '../queue-contents';

/** The answer of `POST /rabbitmq/messages/publish`. */
export const publishedSchema = Joi.object({ message_id: Joi.string().required() });

const problem = Joi.object({
  code: Joi.string().required(),
  status: Joi.number().integer().required(),
}).unknown();

/** The answer of `POST /rabbitmq/messages/batch`. */
export const batchedSchema = Joi.object({
  published: Joi.number().integer().required(),
  failed: Joi.number().integer().required(),
  items: Joi.array()
    .items(
      Joi.object({
        message_id: Joi.string().description('Where it was published.'),
        error: problem.description('Problem document, where it was not.'),
      }).xor('message_id', 'error'),
    )
    .required()
    .description('In the order of the request.'),
});

/** The answer of `POST /rabbitmq/messages/request`. */
export const repliedSchema = Joi.object({
  message_id: Joi.string().required(),
  correlation_id: Joi.string().required(),
  reply: Joi.object({
    properties: propertiesSchema.required(),
    headers: Joi.object().required(),
    payload: payloadSchema.required(),
  }).required(),
});

export { messageSchema as followedSchema };
