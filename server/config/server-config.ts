import { type Environment, loadConfig, settingsSchema, type ValuesOf } from '../../runtime';
import { brokerSettings, celerySettings } from './broker-settings';
import { contractSettings, webhookSettings } from './contract-settings';
import { controlSettings } from './control-settings';
import { directSettings } from './direct-settings';
import { healthSettings } from './health-settings';
import { httpSettings } from './http-settings';
import { memorySettings } from './memory-settings';
import { protectionSettings } from './protection-settings';
import { securitySettings } from './security-settings';
import { submitSettings } from './submit-settings';
import { workflowSettings } from './workflow-settings';

/** The sections of the configuration page, in order. */
export const serverSettingSections = {
  'HTTP server': httpSettings,
  'Health probes': healthSettings,
  Security: securitySettings,
  RabbitMQ: brokerSettings,
  Celery: celerySettings,
  'Records, results and events': memorySettings,
  'Contract and metrics': contractSettings,
  Webhooks: webhookSettings,
  'Queues and dead letters': directSettings,
  Submitting: submitSettings,
  'Compression, encryption, signing': protectionSettings,
  'Workflows and chords': workflowSettings,
  'Control and schedules': controlSettings,
} as const;

const serverSettings = {
  ...httpSettings,
  ...healthSettings,
  ...securitySettings,
  ...brokerSettings,
  ...celerySettings,
  ...memorySettings,
  ...contractSettings,
  ...webhookSettings,
  ...directSettings,
  ...submitSettings,
  ...protectionSettings,
  ...workflowSettings,
  ...controlSettings,
} as const;

/** The whole configuration of the gateway, under the names of its environment variables. */
export type ServerConfig = ValuesOf<typeof serverSettings>;

/** What validates it, and what the configuration page is generated from. */
export const serverConfigSchema = settingsSchema(serverSettings);

/** @throws ConfigError with all problems at once. */
export function loadServerConfig(env: Environment): ServerConfig {
  return loadConfig(serverConfigSchema, env);
}
