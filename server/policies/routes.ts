import type { Request } from 'express';
import { ADMIN, DELETES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import {
  deletedPolicySchema,
  policyAnswerSchema,
  policyListSchema,
  policyNameSchema,
  policySchema,
} from './schema';
import type { PolicyService } from './service';
import { policyView } from './view';

const PREFIX = '/rabbitmq/policies';
const ONE = `${PREFIX}/:policy_name`;

const nameOf = (req: Request): string =>
  validated(policyNameSchema, { policy_name: pathParameter(req, 'policy_name') }).policy_name;

/** The policy routes, for administrators; they need the management API. */
export function policyRoutes(
  service: Pick<PolicyService, 'list' | 'put' | 'delete'>,
): readonly RouteDefinition[] {
  return [
    {
      ...READS_QUEUES,
      path: PREFIX,
      api: {
        summary: 'The policies of the virtual host',
        operationId: 'listPolicies',
        problems: problems('works'),
        tag: 'policies',
        responses: { 200: { description: 'All of them.', schema: policyListSchema } },
      },
      handle: async (_req, res) => {
        sendJson(res, 200, { items: (await service.list()).map(policyView) });
      },
    },
    {
      ...ADMIN,
      method: 'put',
      path: ONE,
      scope: 'queues:write',
      body: 'json',
      api: {
        summary: 'Create or replace a policy',
        description:
          'Settings by policy keep the declares of Celery working: arguments of a declare must equal, policies need not.',
        operationId: 'putPolicy',
        problems: problems('works'),
        tag: 'policies',
        params: policyNameSchema,
        body: policySchema,
        example: { pattern: '^reports$', definition: { 'max-length': 100000 } },
        responses: { 200: { description: 'It applies within moments.', schema: policyAnswerSchema } },
      },
      handle: async (req, res) => {
        const { pattern, apply_to: applyTo, priority, definition } = validated(policySchema, req.body);
        const name = nameOf(req);
        const policy = { pattern, definition, priority, 'apply-to': applyTo };
        await service.put(name, policy);
        sendJson(res, 200, policyView({ name, ...policy }));
      },
    },
    {
      ...DELETES_QUEUES,
      path: ONE,
      api: {
        summary: 'Delete a policy',
        operationId: 'deletePolicy',
        problems: problems('works', 'POLICY_NOT_FOUND'),
        tag: 'policies',
        params: policyNameSchema,
        responses: { 200: { description: 'It applies no more.', schema: deletedPolicySchema } },
      },
      handle: async (req, res) => {
        await service.delete(nameOf(req));
        sendJson(res, 200, { deleted: true });
      },
    },
  ];
}
