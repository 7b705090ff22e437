export { TASK_LOG_STREAM, type TaskLogLevel, type TaskLogLine } from './task-log-line';
export { TaskLogShipper, type TaskLogShipperOptions } from './task-log-shipper';
export { type HeldLogLine, type HeldTaskLog, TaskLogs, type TaskLogsOptions } from './task-logs';
