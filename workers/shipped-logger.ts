import type { TaskLogLevel, TaskLogShipper } from '../celery/logs';
import type { Logger } from '../runtime';

/** Told apart by its calls alone: what the rest of the worker uses of a task's logger. */
type Method = (message: string, fields?: object) => unknown;

const LEVELS: readonly TaskLogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A task's logger whose lines also go to gateways. Debug lines do not: they are for whoever sits at the worker. */
const shipping = (own: Logger, taskId: string, shipper: Pick<TaskLogShipper, 'ship'>): Logger => {
  const methods = LEVELS.map((level) => {
    const write: Method = own[level].bind(own) as Method;
    const both: Method = (message, fields) => {
      write(message, fields);
      if (level !== 'debug') shipper.ship(taskId, level, message, fields);
    };
    return [level, both] as const;
  });
  return Object.assign(Object.create(own) as Logger, Object.fromEntries(methods));
};

/** The worker's logger, with children for tasks that ship their lines; the worker's own lines stay here. */
export const shippedLogger = (logger: Logger, shipper: Pick<TaskLogShipper, 'ship'>): Logger =>
  Object.assign(Object.create(logger) as Logger, {
    child: (fields: Readonly<Record<string, unknown>>): Logger => {
      const own = logger.child(fields);
      return typeof fields.taskId === 'string' ? shipping(own, fields.taskId, shipper) : own;
    },
  });
