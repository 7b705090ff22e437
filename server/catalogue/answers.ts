import Joi from 'joi';

/** The answer of `GET /rabbitmq/catalogue`. */
export const catalogueSchema = Joi.object({
  tasks: Joi.array()
    .items(
      Joi.object({
        task_name: Joi.string().required(),
        workers: Joi.array().items(Joi.string()).required().description('Workers online that know it.'),
        schema: Joi.object()
          .unknown(true)
          .allow(null)
          .required()
          .description('JSON Schema of an object with args and kwargs; null where the task has none.'),
      }),
    )
    .required(),
  no_reply: Joi.array().items(Joi.string()).required().description('Workers that did not answer in time.'),
});
