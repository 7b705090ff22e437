import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { ConfigError, type Lifecycle, type Logger } from '../../runtime';
import { type InputProblem, inputError } from '../errors';

export interface TaskSchemasOptions {
  /** Holds `<task name>.json` for each task that has a schema. */
  readonly folder: string;
  readonly reloadMs: number;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

interface KnownSchema {
  readonly schema: object;
  readonly validate: ValidateFunction;
}

const SUFFIX = '.json';
/** Problems told of one task. */
const MAX_PROBLEMS = 100;

const escaped = (name: unknown): string => String(name).replaceAll('~', '~0').replaceAll('/', '~1');

/** A member that is missing, or too many, is pointed to itself. */
function problemOf({
  instancePath,
  keyword,
  params,
  message = 'is not acceptable',
}: ErrorObject): InputProblem {
  if (keyword === 'required')
    return { pointer: `${instancePath}/${escaped(params.missingProperty)}`, detail: 'is required' };
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const name: unknown = params.additionalProperty ?? params.unevaluatedProperty;
    return { pointer: `${instancePath}/${escaped(name)}`, detail: 'is not an argument of the task' };
  }
  return { pointer: instancePath, detail: message };
}

/**
 * JSON Schemas (draft 2020-12) of tasks, each of an object with `args` and `kwargs`, from a folder that may change while the
 * gateway runs. A folder that cannot be read then is logged, and what was known stays in force.
 */
export class TaskSchemas implements Lifecycle {
  private known: ReadonlyMap<string, KnownSchema> = new Map();
  private stamp: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: TaskSchemasOptions) {}

  /** @throws ConfigError for a folder or a schema that cannot be used. */
  async start(): Promise<void> {
    if (this.timer !== undefined) return;
    await this.reload();
    this.timer = setInterval(() => void this.look(), this.options.reloadMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The schema of a task, as its file has it. */
  schemaOf(task: string): object | undefined {
    return this.known.get(task)?.schema;
  }

  /** Names of the tasks that have one. */
  names(): readonly string[] {
    return [...this.known.keys()];
  }

  /** @throws GatewayError ARGUMENTS_INVALID, pointing to each value that does not fit. Tasks without a schema pass. */
  check(task: string, args: readonly unknown[] | undefined, kwargs: object | undefined): void {
    const validate = this.known.get(task)?.validate;
    if (validate === undefined || validate({ args: args ?? [], kwargs: kwargs ?? {} })) return;
    const errors = (validate.errors ?? []).slice(0, MAX_PROBLEMS).map(problemOf);
    throw inputError('ARGUMENTS_INVALID', `The arguments do not match the schema of ${task}.`, errors);
  }

  private async look(): Promise<void> {
    const { logger, folder } = this.options;
    try {
      if (await this.reload())
        logger.info('the task schemas were read anew', { folder, schemas: this.known.size });
    } catch (error) {
      logger.error('the task schemas could not be read anew; those known stay in force', { folder, error });
    }
  }

  /** @returns whether anything had changed. */
  private async reload(): Promise<boolean> {
    const { folder } = this.options;
    const files = await this.files();
    const stats = await Promise.all(files.map((file) => stat(join(folder, file))));
    const stamp = stats
      .map(({ ino, size, mtimeMs }, index) => `${files[index]} ${ino} ${size} ${mtimeMs}`)
      .join('\n');
    if (stamp === this.stamp) return false;
    // Also when it cannot be used: the same mistake is told once.
    this.stamp = stamp;
    this.known = await this.compiled(files);
    return true;
  }

  private async files(): Promise<readonly string[]> {
    try {
      return (await readdir(this.options.folder)).filter((name) => name.endsWith(SUFFIX)).sort();
    } catch (error) {
      throw problem(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  }

  private async compiled(files: readonly string[]): Promise<ReadonlyMap<string, KnownSchema>> {
    // "format" is an annotation in this draft, and nothing is fetched: a schema refers to others of the folder by `$id`.
    const ajv = new Ajv2020({
      allErrors: true,
      allowUnionTypes: true,
      strictTuples: false,
      validateFormats: false,
      logger: false,
    });
    const schemas = new Map<string, object>();
    for (const file of files) {
      const schema = await this.read(file);
      schemas.set(file.slice(0, -SUFFIX.length), schema);
      this.withFile(file, () => ajv.addSchema(schema, file));
    }
    const known = new Map<string, KnownSchema>();
    for (const [task, schema] of schemas) {
      const file = task + SUFFIX;
      const validate = this.withFile(file, () => ajv.getSchema(file));
      if (validate !== undefined) known.set(task, { schema, validate });
    }
    return known;
  }

  private async read(file: string): Promise<object> {
    const text = await readFile(join(this.options.folder, file), 'utf8');
    const schema: unknown = this.withFile(file, () => JSON.parse(text) as unknown);
    if (typeof schema === 'object' && schema !== null) return schema;
    throw problem(`${file} is no schema`);
  }

  private withFile<T>(file: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw problem(`${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function problem(detail: string): ConfigError {
  return new ConfigError([{ setting: 'TASK_SCHEMAS_DIR', detail }]);
}
