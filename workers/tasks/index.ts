/** The service desk's tasks; workers/python serves the same names with stock Celery. */
export { analyze } from './ai';
export { add } from './arithmetic';
export { sendNotification } from './notifications';
export { processTicket } from './tickets';
