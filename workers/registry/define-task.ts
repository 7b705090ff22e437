import { PythonError } from '../../celery/protocol';
import { bindArguments } from './bind-arguments';
import { checkSettings } from './check-settings';
import { compileParameters } from './compiled-parameters';
import type { ArgumentsOf, Parameter } from './parameters';
import type {
  ArgumentSchema,
  CheckedTaskDeclaration,
  TaskDeclaration,
  TaskDefinition,
  TaskHandler,
} from './task-definition';

/**
 * Declares a task. Arguments are bound as Python binds them and reach the handler by name; with a `schema` they are
 * checked, converted and typed, without one their values are `unknown`.
 *
 * @example defineTask('tasks.echo', { params: ['text'] }, (_context, { text }) => text)
 * @throws Error when the parameter list is not one Python would accept, or a setting means nothing
 */
export function defineTask<Arguments>(
  name: string,
  declaration: CheckedTaskDeclaration<Arguments>,
  handler: TaskHandler<Arguments>,
): TaskDefinition;
export function defineTask<const Parameters extends readonly Parameter[]>(
  name: string,
  declaration: TaskDeclaration<Parameters>,
  handler: TaskHandler<ArgumentsOf<Parameters>>,
): TaskDefinition;
export function defineTask(
  name: string,
  declaration: TaskDeclaration<readonly Parameter[]> & { readonly schema?: ArgumentSchema<unknown> },
  handler: TaskHandler<never>,
): TaskDefinition {
  if (name === '') throw new Error('a task needs a name');
  const { params, schema, ...settings } = declaration;
  checkSettings(name, settings);
  const compiled = compileParameters(name, params);
  const functionName = name.slice(name.lastIndexOf('.') + 1);
  return {
    name,
    params,
    settings,
    invoke: (context, args, kwargs) => {
      const bound = bindArguments(functionName, compiled, args, kwargs);
      // Overloads tie the handler to its parameters or schema; from here on the names are data.
      return handler(context, (schema === undefined ? bound : checked(schema, bound)) as never);
    },
  };
}

/** Arguments that bind but mean nothing to the task fail it as `builtins.ValueError`. */
function checked(schema: ArgumentSchema<unknown>, bound: object): unknown {
  const outcome = schema.validate(bound);
  if (outcome.error !== undefined) {
    throw new PythonError('ValueError', 'builtins', [outcome.error.message], { cause: outcome.error });
  }
  return outcome.value;
}
