import { TaskError } from '../../celery';
import { GatewayError, type InputProblem } from '../errors';
import { inBodyTerms } from '../tasks';

/** What is wrong with the task of a schedule, told as places in the schedule. Other errors pass unchanged. */
export function inSchedule(error: unknown): unknown {
  const told = inBodyTerms(error);
  if (!(told instanceof TaskError || told instanceof GatewayError)) return told;
  const { errors } = told.details;
  if (!Array.isArray(errors)) return told;
  const moved = (errors as readonly InputProblem[]).map(({ pointer, detail }) => ({
    pointer: `/task${pointer}`,
    detail,
  }));
  const options = { details: { ...told.details, errors: moved }, cause: error };
  return told instanceof TaskError
    ? new TaskError(told.code, told.message, options)
    : new GatewayError(told.code, told.message, options);
}
