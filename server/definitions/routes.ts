import type { Request } from 'express';
import { DECLARES_QUEUES, READS_QUEUES } from '../http/admin-route';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import type { RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { exportedSchema, importedSchema } from './answers';
import type { ExportService } from './export-service';
import type { ImportService } from './import-service';
import { definitionsSchema, importQuerySchema } from './schema';
import { importedView } from './view';

const PATH = '/rabbitmq/definitions';

export interface DefinitionRoutesDeps {
  readonly exporter: Pick<ExportService, 'export'>;
  readonly importer: Pick<ImportService, 'import'>;
}

/** Export and import of what is declared in the virtual host, for administrators. */
export function definitionRoutes({ exporter, importer }: DefinitionRoutesDeps): readonly RouteDefinition[] {
  async function importAll(req: Request, res: GatewayResponse): Promise<void> {
    const { dry_run: dryRun, vhost } = validated(importQuerySchema, req.query);
    const definitions = validated(definitionsSchema, req.body);
    const imported = await importer.import({ definitions, vhost, dryRun });
    sendJson(res, 200, importedView(imported));
    // The audit log takes numbers of the answer's top, where this one has none.
    if (res.locals.counts !== undefined)
      res.locals.counts = dryRun ? {} : { ...imported.declared, problems: imported.problems.length };
  }

  return [
    {
      ...READS_QUEUES,
      path: PATH,
      // A masked argument would be imported as it stands.
      masked: false,
      api: {
        summary: 'Queues, exchanges, bindings and policies of the virtual host, as one document',
        description:
          "In the form of RabbitMQ's definitions file of a virtual host. Without what nobody declared by hand: internal names, exclusive queues, the exchanges that every virtual host has, the bindings of the default exchange; and without names that these routes refuse. Needs RABBITMQ_MANAGEMENT_URL.",
        operationId: 'exportDefinitions',
        problems: problems('works'),
        tag: 'definitions',
        responses: { 200: { description: 'All of them, by name.', schema: exportedSchema } },
      },
      handle: async (_req, res) => {
        sendJson(res, 200, await exporter.export());
      },
    },
    {
      ...DECLARES_QUEUES,
      path: PATH,
      api: {
        summary: 'Declare what such a document defines',
        description:
          'Also one of `rabbitmqctl export_definitions`: what is not imported here is `ignored`. It is checked as a whole before anything is declared; then exchanges, queues, bindings and policies are, in this order. Nothing is deleted. An item that RabbitMQ refuses is among the `problems`, the others are there. Repeating it is harmless. Policies need RABBITMQ_MANAGEMENT_URL. Of queues and exchanges that exist a dry run compares the settings where it is set. Larger documents need a larger GATEWAY_BODY_LIMIT_BYTES.',
        operationId: 'importDefinitions',
        problems: problems('works'),
        tag: 'definitions',
        query: importQuerySchema,
        body: definitionsSchema,
        example: {
          exchanges: [{ name: 'tickets', type: 'topic' }],
          queues: [{ name: 'tickets.urgent', arguments: { 'x-max-priority': 5 } }],
          bindings: [{ source: 'tickets', destination: 'tickets.urgent', routing_key: 'ticket.*.urgent' }],
        },
        responses: { 200: { description: 'What came of it, item by item.', schema: importedSchema } },
      },
      handle: importAll,
    },
  ];
}
