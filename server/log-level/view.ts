import type { LogLevelState } from './service';

export function logLevelView({ until, ...state }: LogLevelState): object {
  return { ...state, until: until === undefined ? null : new Date(until).toISOString() };
}
