import { serviceDesk } from '../../workers/tasks/desk/service-desk';

/** The desk after the fix. */
export const desk = serviceDesk({
  languages: ['en', 'de', 'ja', 'zh'],
  analysisMs: 50,
  mailQueue: 'desk.mail',
});
