import type { AmqpConnection, Topology } from '../../amqp';
import {
  NullResults,
  RedisResults,
  type ResultReader,
  RpcStreamResults,
  resultBackendKind,
  type TaskHistory,
} from '../../celery';
import { ConfigError, type Logger } from '../../runtime';
import type { ServerConfig } from '../config';
import { contentProtection } from './content-protection';
import { instanceName } from './instance-name';

/** Where results are read, and where workers are told to send them. */
export interface ResultSide {
  readonly reader: ResultReader;
  readonly replyTo: () => string;
}

export interface ResultSideDeps {
  readonly config: ServerConfig;
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly history: Pick<TaskHistory, 'onResult' | 'onForgotten'>;
  readonly logger: Logger;
}

/** The result backend that CELERY_RESULT_BACKEND names. @throws ConfigError for one we do not speak. */
export function createResultSide({
  config,
  connection,
  topology,
  history,
  logger,
}: ResultSideDeps): ResultSide {
  const url = config.CELERY_RESULT_BACKEND;
  const kind = resultBackendKind(url);
  const protection = contentProtection(config);
  if (kind === undefined) {
    throw new ConfigError([
      {
        setting: 'CELERY_RESULT_BACKEND',
        detail: 'must be rpc://, redis://..., rediss://... or disabled://',
      },
    ]);
  }
  if (kind === 'redis') {
    const reader = new RedisResults({
      url,
      expiresSeconds: config.CELERY_RESULT_EXPIRES,
      protection,
      logger,
    });
    return { reader, replyTo: () => '' };
  }
  // The gateway hears of ends by events.
  if (kind === 'disabled') return { reader: new NullResults({ waits: true }), replyTo: () => '' };
  const reader = new RpcStreamResults({
    connection,
    topology,
    streamName: config.RESULT_STREAM,
    maxAgeSeconds: config.CELERY_RESULT_EXPIRES,
    maxStreamBytes: config.TRAFFIC_STREAMS_MAX_BYTES || undefined,
    maxEntries: config.RESULT_MAX_ENTRIES,
    fallbackQueue: fallbackQueue(config),
    onMeta: (meta, source) => history.onResult(meta, source),
    onForgotten: (taskId, source) => history.onForgotten(taskId, source),
    protection,
    logger,
  });
  return { reader, replyTo: () => reader.replyTo };
}

/** Each gateway's own, found again after a restart: two that shared one would each get half of the results. */
const fallbackQueue = (config: ServerConfig): string => `${config.RESULT_STREAM}.${instanceName(config)}`;
