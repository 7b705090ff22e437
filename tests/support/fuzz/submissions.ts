import type { OpenApi } from './operation-requests';
import type { Random } from './random';
import { type Schema, SchemaValues } from './schema-values';
import { FuzzedValues } from './values';

/** Where else it would go is not to be fuzzed here: all of it is for one worker. */
const PLACES: ReadonlySet<string> = new Set([
  'queue',
  'exchange',
  'routing_key',
  'task_name',
  'args',
  'kwargs',
]);

/** Makes bodies of submissions: mostly right, so that much of it comes through to the worker. */
export class Submissions {
  private readonly values: FuzzedValues;
  private readonly fitting: SchemaValues;
  private readonly properties: Readonly<Record<string, Schema>>;
  private readonly names: readonly string[];

  constructor(
    { components: { schemas } }: OpenApi,
    seed: number,
    private readonly tasks: readonly string[],
    private readonly queue: string,
  ) {
    this.values = new FuzzedValues(seed);
    this.fitting = new SchemaValues(schemas, this.values);
    this.properties = schemas.TaskSubmission?.properties ?? {};
    this.names = Object.keys(this.properties).filter((name) => !PLACES.has(name));
  }

  /** @returns undefined for what JSON cannot say. */
  make(random: Random): string | undefined {
    const any = (): unknown => this.values.any(random);
    const body: Record<string, unknown> = {
      task_name: random.oneIn(20) ? this.values.name(random) : random.pick(this.tasks),
      args: Array.from({ length: random.below(4) }, any),
      kwargs: Object.fromEntries(
        Array.from({ length: random.below(3) }, () => [this.values.name(random), any()]),
      ),
      queue: this.queue,
    };
    for (let left = random.below(3); left > 0; left -= 1) {
      const name = random.pick(this.names);
      body[name] = this.fitting.of(random, this.properties[name]);
    }
    try {
      return JSON.stringify(body);
    } catch {
      // A bigint, or what refers to itself.
      return undefined;
    }
  }
}
