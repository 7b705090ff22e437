import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { auditSchema } from './answers';
import { auditQuerySchema } from './schema';
import type { AuditService } from './service';
import { auditView } from './view';

/** What was done, for those who watch over it. */
export function auditRoutes(service: Pick<AuditService, 'page'>): readonly RouteDefinition[] {
  function list(req: Request, res: GatewayResponse): void {
    const query = validated(auditQuerySchema, req.query);
    const { limit, before, operation, outcome, target } = query;
    const page = service.page({ limit, before, keyId: query.key_id, operation, outcome, target });
    sendJson(res, 200, auditView(page));
  }
  return [
    {
      method: 'get',
      path: '/rabbitmq/audit',
      scope: 'audit:read',
      bucket: 'admin',
      body: 'none',
      startsWork: false,
      // Whoever reads over the log's shoulder is on record as well.
      audited: true,
      api: {
        summary: 'Read the audit log',
        description:
          'Who did what to what, why and with which outcome, the newest first. As far back as this gateway keeps it in memory; the file has the rest.',
        operationId: 'listAuditRecords',
        problems: [],
        tag: 'audit',
        query: auditQuerySchema,
        responses: { 200: { description: 'A page of records.', schema: auditSchema } },
      },
      handle: list,
    },
  ];
}
