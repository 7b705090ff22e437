import type { LogLevel, LogLevelSwitch } from '../../runtime';

export interface LogLevelServiceDeps {
  readonly levels: Pick<LogLevelSwitch, 'level' | 'configured' | 'until' | 'set'>;
  /** Name of this gateway, since each has a level of its own. */
  readonly gateway: string;
}

/** How much a gateway logs. */
export interface LogLevelState {
  readonly gateway: string;
  readonly level: LogLevel;
  readonly configured: LogLevel;
  /** Epoch milliseconds. */
  readonly until: number | undefined;
}

/** Shows and changes how much this gateway logs. */
export class LogLevelService {
  constructor(private readonly deps: LogLevelServiceDeps) {}

  get(): LogLevelState {
    const { levels, gateway } = this.deps;
    return { gateway, level: levels.level, configured: levels.configured, until: levels.until };
  }

  /** @param by id of the key that asked for it */
  set(level: LogLevel, by: string, forMs: number | undefined): LogLevelState {
    this.deps.levels.set(level, by, forMs);
    return this.get();
  }
}
