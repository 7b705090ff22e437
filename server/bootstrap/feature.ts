import type { Clock, LifecyclePart, Logger, LogLevelSwitch } from '../../runtime';
import type { AuditLog } from '../audit';
import type { TaskSchemas } from '../catalogue';
import type { ServerConfig } from '../config';
import type { Drain } from '../http/drain';
import type { RouteDefinition } from '../http/route';
import type { MessagingService, NamePolicy } from '../messaging';
import type { MetricsRegistry } from '../metrics';
import type { Access } from './access';
import type { FurtherGateway } from './further-broker';
import type { Idempotency } from './idempotency';
import type { BrokerParts } from './messaging';

/** What each feature is made with. */
export interface FeatureContext {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly levels: LogLevelSwitch;
  readonly clock: Clock;
  readonly drain: Drain;
  readonly names: NamePolicy;
  readonly messaging: MessagingService;
  /** The parts below {@link messaging}; undefined while messaging is switched off: see `disabledPort`. */
  readonly broker: BrokerParts | undefined;
  /** Who may call, and what a key may name and see beyond its scopes. */
  readonly access: Access;
  /** What is done on administrative routes is recorded by itself; here for who wants to read it. */
  readonly audit: AuditLog;
  /** Where a feature puts what Prometheus is to see. */
  readonly metrics: MetricsRegistry;
  /** What makes repetitions harmless. */
  readonly idempotency: Idempotency;
  /** What the arguments of tasks have to be; undefined without TASK_SCHEMAS_DIR. */
  readonly schemas: TaskSchemas | undefined;
  /** The other brokers of this gateway; of one of those: none. */
  readonly further: readonly FurtherGateway[];
}

/** One feature, put together: what it answers and what of it has to run. */
export interface Feature {
  readonly routes: readonly RouteDefinition[];
  /** Started after messaging and before HTTP, in this order; stopped in the reverse one. */
  readonly parts?: readonly LifecyclePart[];
}
