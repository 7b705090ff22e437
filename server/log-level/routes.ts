import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { logLevelSchema } from './answers';
import { logLevelBodySchema } from './schema';
import type { LogLevelService } from './service';
import { logLevelView } from './view';

/** How much the gateway logs, while it runs. */
export function logLevelRoutes(service: Pick<LogLevelService, 'get' | 'set'>): readonly RouteDefinition[] {
  function get(_req: Request, res: GatewayResponse): void {
    sendJson(res, 200, logLevelView(service.get()));
  }

  function set(req: Request, res: GatewayResponse): void {
    const { level, for_seconds: seconds } = validated(logLevelBodySchema, req.body);
    const by = `the key ${res.locals.principal?.id}`;
    const forMs = seconds === undefined ? undefined : seconds * 1000;
    sendJson(res, 200, logLevelView(service.set(level, by, forMs)));
  }

  const common = {
    path: '/rabbitmq/log-level',
    scope: 'logs:manage',
    bucket: 'admin',
    // Looking into a gateway that is stopping is when it may be wanted most.
    startsWork: false,
  } as const;
  return [
    {
      ...common,
      method: 'get',
      body: 'none',
      api: {
        summary: 'How much this gateway logs',
        operationId: 'getLogLevel',
        problems: [],
        tag: 'log',
        responses: { 200: { description: 'The level in force.', schema: logLevelSchema } },
      },
      handle: get,
    },
    {
      ...common,
      method: 'put',
      body: 'json',
      api: {
        summary: 'Change how much this gateway logs',
        description:
          'Of the gateway that answers: each replica has a level of its own. What may not be logged at all (arguments, keys, passwords) is in no level.',
        operationId: 'setLogLevel',
        problems: [],
        tag: 'log',
        body: logLevelBodySchema,
        example: { level: 'debug', for_seconds: 600 },
        responses: { 200: { description: 'It counts from the next line on.', schema: logLevelSchema } },
      },
      handle: set,
    },
  ];
}
