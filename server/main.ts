#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import {
  ConfigError,
  createLogger,
  installLogLevelSignal,
  LogLevelSwitch,
  ProcessLifecycle,
  systemClock,
} from '../runtime';
import { auditCommand } from './audit/command';
import { createGateway, openKeyStorage } from './bootstrap';
import { loadFurtherBrokers, loadServerConfig } from './config';
import { keysCommand } from './keys/command';
import { createApiKey } from './security/api-key';
import { type OpenKeyStorage, REDIS_KEYS_NAME } from './security/key-storage';
import { ROLES } from './security/scopes';

/** Exit status for a configuration that cannot be used (EX_CONFIG of sysexits.h). */
const EXIT_CONFIG = 78;
/** Connections and sockets get this long beyond the stop deadline before the process gives up on them. */
const STOP_SLACK_MS = 1000;

/**
 * V8 lets a heap grow to several times what is alive in it before it collects, and never gives it back: replaying the logs
 * would leave twice the memory that the history needs. At 40 % the replay takes a third more processor time.
 */
const HEAP_GROWTH = '--heap-growing-percent=40';

/** Settings in `.env` count where the environment does not have them. */
function environment(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile('.env');
  } catch {
    // No such file: the environment alone decides.
  }
  return process.env;
}

async function serve(): Promise<void> {
  setFlagsFromString(HEAP_GROWTH);
  const env = environment();
  const config = loadServerConfig(env);
  const brokers = loadFurtherBrokers(config, env);
  const logger = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT, service: 'gateway' });
  const levels = new LogLevelSwitch({ logger, configured: config.LOG_LEVEL, clock: systemClock });
  installLogLevelSignal(levels);
  const gateway = createGateway({ config, logger, levels, clock: systemClock, brokers });
  const lifecycle = new ProcessLifecycle({
    parts: gateway.parts,
    deadlineMs: config.GATEWAY_STOP_DEADLINE_MS + STOP_SLACK_MS,
    logger,
    clock: systemClock,
    exit: (code) => process.exit(code),
  });
  lifecycle.installSignals();
  process.on('unhandledRejection', (error) => logger.error('unhandled rejection', { error }));
  await lifecycle.start();
}

function printKey(options: { readonly role: string; readonly id?: string }): void {
  const role = ROLES.find((known) => known === options.role);
  if (role === undefined)
    throw new ConfigError([{ setting: '--role', detail: `must be one of ${ROLES.join(', ')}` }]);
  const { key, line } = createApiKey(role, options.id);
  process.stdout.write(`${key}\n${line}\n`);
  process.stderr.write('First line: the key, shown only now. Second line: for GATEWAY_API_KEYS.\n');
}

/** Where keys are kept: the file given, or what the settings name. Their other settings need not be right for that. */
function openKeys(file: string | undefined): OpenKeyStorage {
  const { GATEWAY_API_KEYS_FILE, GATEWAY_API_KEYS_REDIS_URL, ...env } = environment();
  const settings = {
    GATEWAY_API_KEYS_FILE: file || GATEWAY_API_KEYS_FILE || undefined,
    GATEWAY_API_KEYS_REDIS_URL: file === undefined ? GATEWAY_API_KEYS_REDIS_URL || undefined : undefined,
    GATEWAY_API_KEYS_REDIS_NAME: env.GATEWAY_API_KEYS_REDIS_NAME || REDIS_KEYS_NAME,
    GATEWAY_KEY_PEPPER: env.GATEWAY_KEY_PEPPER || undefined,
  };
  const kept = openKeyStorage(settings, () => undefined);
  if (kept !== undefined) return kept;
  const detail = 'is needed, or GATEWAY_API_KEYS_REDIS_URL, or --file';
  throw new ConfigError([{ setting: 'GATEWAY_API_KEYS_FILE', detail }]);
}

const program = new Command('celery-gateway').description('HTTP gateway for Celery on RabbitMQ');
program.action(serve);
program
  .command('create-key')
  .description('makes an API key for GATEWAY_API_KEYS and prints it once, with the line to store')
  .requiredOption('--role <role>', ROLES.join(', '))
  .option('--id <id>', 'letters and digits; random when absent')
  .action(printKey);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);
const fail = (status: number): void => {
  process.exitCode = status;
};
program.addCommand(keysCommand({ open: openKeys, print, note }));
program.addCommand(auditCommand({ environment, print, fail }));

program.parseAsync().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
  process.stderr.write(`celery-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
