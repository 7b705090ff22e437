import { type Canvas, canvas } from '../../../celery';
import type { Random } from '../malformed-messages';

const { chain, chord, group, s, set } = canvas;

/** What a task does, whoever runs it. */
export interface SoakStep {
  readonly number: number;
  /** How often it asks to be retried before it ends. */
  readonly retries: number;
  readonly fails: boolean;
  /** Its first run takes the worker with it (SIGKILL). */
  readonly dies: boolean;
}

/** A canvas and how it has to end. */
export interface SoakCanvas {
  readonly sig: Canvas;
  readonly kind: 'chain' | 'chord';
  /** Id of the task whose end is the canvas's. */
  readonly last: string;
  readonly end: unknown;
  /** Runs of each task by number: of the body exactly so many, of others at least where a worker dies. */
  readonly runs: ReadonlyMap<number, number>;
  readonly bodies: readonly number[];
}

/** Where bodies run: nobody is killed there, so that each run beyond the planned ones is a second message. */
export const BODIES = 'bodies';
/** Steps go to a queue that both languages serve, and now and then to one of a single language. */
const QUEUES = ['celery', 'celery', 'celery', 'python', 'typescript'];
const RETRIES = [0, 0, 0, 0, 1, 1, 2];
const FAILURE_SHARE = 0.04;

export interface SoakOptions {
  readonly run: string;
  readonly random: Random;
  /** Each so manieth step takes its worker with it; by turns one of Python and one of TypeScript. */
  readonly stepsPerDeath: number;
  /** Runs all steps where given; bodies are run by both in any case. */
  readonly only?: 'python' | 'typescript' | undefined;
}

type Ended = { readonly value: number } | { readonly failed: SoakStep };

/** Draws chains and chords by turns from a seed; what becomes of them follows from the drawn steps alone. */
export class SoakCanvases {
  #number = 0;
  #mortal = 0;
  #deaths = 0;
  #runs = new Map<number, number>();

  constructor(private readonly options: SoakOptions) {}

  draw(index: number): SoakCanvas {
    this.#runs = new Map();
    const drawn = index % 2 === 0 ? this.#chain() : this.#chord();
    return { ...drawn, runs: this.#runs };
  }

  /** Two to five steps; each third goes on with a group and what joins it. */
  #chain(): Omit<SoakCanvas, 'runs'> {
    const steps = this.#steps(2 + this.#upTo(4));
    const head = steps.map((step, at) => this.#task(step, at === 0 ? [0] : []));
    const ended = this.#follow(steps, 0);
    const last = steps.at(-1) as SoakStep;
    if (this.#upTo(3) > 0) return { kind: 'chain', sig: chain(head), ...this.#end(last, ended), bodies: [] };
    const members = this.#steps(2 + this.#upTo(2));
    const body = this.#step(false);
    const joined =
      'failed' in ended
        ? { end: failure('ValueError', ended.failed) }
        : this.#join(
            members.map((member) => [member]),
            body,
            ended.value,
          );
    const sig = chain(...head, group(members.map((member) => this.#task(member))), this.#body(body));
    return { kind: 'chain', sig, last: this.#id(body), ...joined, bodies: [body.number] };
  }

  /** A header of two to five members, some of them chains. */
  #chord(): Omit<SoakCanvas, 'runs'> {
    const members = Array.from({ length: 2 + this.#upTo(4) }, () =>
      this.#steps(1 + (this.#upTo(4) === 0 ? 1 : 0)),
    );
    const body = this.#step(false);
    const header = members.map((steps) =>
      chain(steps.map((step, at) => this.#task(step, at === 0 ? [0] : []))),
    );
    const joined = this.#join(members, body, 0);
    return {
      kind: 'chord',
      sig: chord(header, this.#body(body)),
      last: this.#id(body),
      ...joined,
      bodies: [body.number],
    };
  }

  /** A header's first failed member is what fails the body; the steps after it in its chain share its end. */
  #join(
    members: readonly (readonly SoakStep[])[],
    body: SoakStep,
    before: number,
  ): { readonly end: unknown } {
    const ends = members.map((steps) => this.#follow(steps, before));
    const at = ends.findIndex((end) => 'failed' in end);
    const bad = ends[at];
    if (bad !== undefined && 'failed' in bad) {
      const dependency = this.#id(members[at]?.at(-1) as SoakStep);
      return { end: ['ChordError', `Dependency ${dependency} raised ValueError('${bad.failed.number}')`] };
    }
    const sum = ends.reduce((total, end) => total + ('value' in end ? end.value : 0), 0);
    return this.#end(body, this.#follow([body], sum));
  }

  /** Counts the runs of steps until one fails. */
  #follow(steps: readonly SoakStep[], before: number): Ended {
    let value = before;
    for (const step of steps) {
      this.#runs.set(step.number, step.retries + 1);
      if (step.fails) return { failed: step };
      value += step.number;
    }
    return { value };
  }

  #end(last: SoakStep, ended: Ended): Pick<SoakCanvas, 'last' | 'end'> {
    return {
      last: this.#id(last),
      end: 'failed' in ended ? failure('ValueError', ended.failed) : ended.value,
    };
  }

  #steps(count: number): readonly SoakStep[] {
    return Array.from({ length: count }, () => this.#step(true));
  }

  #step(mayDie: boolean): SoakStep {
    this.#number += 1;
    const number = this.#number;
    if (mayDie) this.#mortal += 1;
    this.#runs.set(number, 0);
    return {
      number,
      retries: RETRIES[this.#upTo(RETRIES.length)] ?? 0,
      fails: this.options.random() < FAILURE_SHARE,
      dies: mayDie && this.#mortal % this.options.stepsPerDeath === 0,
    };
  }

  #task(step: SoakStep, args: readonly unknown[] = []): Canvas {
    const drawn = QUEUES[this.#upTo(QUEUES.length)];
    const queue = this.options.only ?? (step.dies ? this.#victim() : drawn);
    return set(s('soak.step', ...args, step), { queue, task_id: this.#id(step) });
  }

  #victim(): string {
    this.#deaths += 1;
    return this.#deaths % 2 === 0 ? 'typescript' : 'python';
  }

  #body(step: SoakStep): Canvas {
    return set(s('soak.join', step), { queue: BODIES, task_id: this.#id(step) });
  }

  #id({ number }: SoakStep): string {
    return `${this.options.run}-${number}`;
  }

  #upTo(bound: number): number {
    return Math.floor(this.options.random() * bound);
  }
}

const failure = (type: string, { number }: SoakStep): unknown => [type, String(number)];
