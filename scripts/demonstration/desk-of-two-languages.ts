import { serviceDesk } from '../../workers/tasks/desk/service-desk';

/** The desk as it is deployed first: with a fault, for who does not write English or German. */
export const desk = serviceDesk({ languages: ['en', 'de'], analysisMs: 50, mailQueue: 'desk.mail' });
