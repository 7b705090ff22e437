import type { Request } from 'express';
import { sendJson } from '../http/json-response';
import { problems } from '../http/problem-sources';
import type { GatewayResponse } from '../http/request-context';
import { pathParameter, type RouteDefinition } from '../http/route';
import { validated } from '../http/validation';
import { issuedKeySchema, keySchema, keysSchema } from './answers';
import type { KeyRequest } from './key-store';
import { type CreateKeyBody, createKeySchema, keyIdSchema, rotateKeySchema } from './schema';
import type { KeyService } from './service';
import { issuedView, keysView, keyView } from './view';

const PREFIX = '/rabbitmq/keys';

const time = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

function requestOf(body: CreateKeyBody): KeyRequest {
  const { env, not_before: notBefore, expires_at: expiresAt, ...same } = body;
  return { ...same, environment: env, notBefore: time(notBefore), expiresAt: time(expiresAt) };
}

function keyIdOf(req: Request): string {
  return validated(keyIdSchema, { key_id: pathParameter(req, 'key_id') }).key_id;
}

/** The routes that manage API keys. */
export function keyRoutes(
  service: Pick<KeyService, 'list' | 'create' | 'rotate' | 'revoke'>,
): readonly RouteDefinition[] {
  function list(_req: Request, res: GatewayResponse): void {
    sendJson(res, 200, keysView(service.list()));
  }

  async function create(req: Request, res: GatewayResponse): Promise<void> {
    const request = requestOf(validated(createKeySchema, req.body));
    const issued = await service.create(request, res.locals.principal);
    res.setHeader('Location', `${PREFIX}/${issued.key.id}`);
    sendJson(res, 201, issuedView(issued));
  }

  async function rotate(req: Request, res: GatewayResponse): Promise<void> {
    const id = keyIdOf(req);
    const { overlap_seconds: seconds } = validated(rotateKeySchema, req.body);
    sendJson(res, 200, issuedView(await service.rotate(id, seconds * 1000, res.locals.principal)));
  }

  async function revoke(req: Request, res: GatewayResponse): Promise<void> {
    sendJson(res, 200, keyView(await service.revoke(keyIdOf(req), res.locals.principal)));
  }

  const managed = {
    scope: 'keys:manage',
    bucket: 'admin',
    body: 'none',
    startsWork: false,
    masked: false,
  } as const;
  return [
    {
      ...managed,
      method: 'get',
      path: PREFIX,
      api: {
        summary: 'List the API keys',
        operationId: 'listKeys',
        problems: problems('KEYS_UNAVAILABLE'),
        tag: 'keys',
        responses: { 200: { description: 'Without anything of their secrets.', schema: keysSchema } },
      },
      handle: list,
    },
    {
      ...managed,
      method: 'post',
      path: PREFIX,
      body: 'json',
      api: {
        summary: 'Create an API key',
        description: 'It can do no more than the key that makes it.',
        operationId: 'createKey',
        problems: problems('KEY_EXISTS', 'KEYS_READ_ONLY', 'KEYS_UNAVAILABLE'),
        tag: 'keys',
        body: createKeySchema,
        example: { role: 'submitter', description: 'nightly reports', queues: ['reports'] },
        responses: { 201: { description: 'The key, shown only now.', schema: issuedKeySchema } },
      },
      handle: create,
    },
    {
      ...managed,
      method: 'post',
      path: `${PREFIX}/:key_id/rotate`,
      body: 'json',
      api: {
        summary: 'Give an API key a new secret',
        operationId: 'rotateKey',
        problems: problems('KEY_NOT_FOUND', 'KEY_EXISTS', 'KEYS_READ_ONLY', 'KEYS_UNAVAILABLE'),
        tag: 'keys',
        params: keyIdSchema,
        body: rotateKeySchema,
        example: { overlap_seconds: 3600 },
        responses: { 200: { description: 'The key, shown only now.', schema: issuedKeySchema } },
      },
      handle: rotate,
    },
    {
      ...managed,
      method: 'delete',
      path: `${PREFIX}/:key_id`,
      api: {
        summary: 'Revoke an API key',
        description:
          'It is refused from now on: here at once, by other gateways with the same file within seconds.',
        operationId: 'revokeKey',
        problems: problems('KEY_NOT_FOUND', 'KEY_EXISTS', 'KEYS_READ_ONLY', 'KEYS_UNAVAILABLE'),
        tag: 'keys',
        params: keyIdSchema,
        responses: { 200: { description: 'It is revoked.', schema: keySchema } },
      },
      handle: revoke,
    },
  ];
}
