export { type Clock, systemClock } from './clock';
export { ConfigError, type ConfigProblem, type Environment, loadConfig } from './config-loader';
export {
  type Lifecycle,
  type LifecyclePart,
  ProcessLifecycle,
  type ProcessLifecycleOptions,
} from './lifecycle';
export { installLogLevelSignal, type LevelledLogger, LogLevelSwitch } from './log-level-switch';
export {
  createLogger,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from './logger';
export { redact } from './redaction';
export {
  choice,
  flag,
  integer,
  list,
  optionalSecret,
  optionalText,
  type Setting,
  type Settings,
  secret,
  settingsSchema,
  text,
  type ValuesOf,
} from './settings';
export { spanReference, type TraceContext, type TraceHeaders, traceContextOf } from './trace-context';
export { openTracing, type Span, type SpanAttributes, type SpanStart, type Tracing } from './tracing';
