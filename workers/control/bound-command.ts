import type { ControlCommand } from '../../celery/control';
import { bindArguments, compileParameters, type Parameter } from '../registry';

/**
 * A command whose arguments are bound as Python binds them to the function of the same name: what is missing, or not asked
 * for by a command without `**kwargs`, is answered with Python's TypeError.
 */
export function boundCommand<const Name extends string>(
  name: Name,
  parameters: readonly Parameter[],
  run: (args: Readonly<Record<string, unknown>>) => unknown,
): Readonly<Record<Name, ControlCommand>> {
  const compiled = compileParameters(name, parameters);
  const command: ControlCommand = (args) => run(bindArguments(name, compiled, [], args));
  return { [name]: command } as Readonly<Record<Name, ControlCommand>>;
}

/** A parameter that may be left out. */
export const optional = (name: string, value: unknown = null): Parameter => ({ name, default: value });

/** Takes what else is sent and ignores it, as most commands do. */
export const ANY_OTHER = '**_other';
