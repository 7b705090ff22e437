import type { ControlCommand } from '../../celery/control';

/** What a custom command may use. */
export interface WorkerCommandContext {
  /** The worker that was asked. */
  readonly nodename: string;
  /** The answer of one of the worker's own commands, e.g. `ask('active')` or `ask('rate_limit', { … })`. */
  ask(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * A remote control command of your own: gets the request's arguments, answers a JSON value. What it throws is answered as
 * `{ error }` and harms nothing; a slow one holds up nobody else.
 */
export type WorkerCommand = (
  args: Readonly<Record<string, unknown>>,
  context: WorkerCommandContext,
) => unknown | Promise<unknown>;

/**
 * The table with the custom commands added.
 * @throws Error when one has the name of a command every worker has
 */
export function withCustomCommands(
  table: ReadonlyMap<string, ControlCommand>,
  custom: Readonly<Record<string, WorkerCommand>>,
): ReadonlyMap<string, ControlCommand> {
  const all = new Map(table);
  for (const [name, run] of Object.entries(custom)) {
    if (table.has(name)) throw new Error(`control command ${name} is one of Celery's own`);
    all.set(name, async (args, { nodename }) => {
      const ask: WorkerCommandContext['ask'] = async (command, asked = {}) => {
        const known = table.get(command);
        if (known === undefined) throw new Error(`there is no control command ${command}`);
        return known(asked, { nodename });
      };
      return writable(await run(args, { nodename, ask }));
    });
  }
  return all;
}

/** A reply that cannot be written would be no reply at all, and the asker would think this worker dead. */
function writable(value: unknown): unknown {
  JSON.stringify(value);
  return value;
}
