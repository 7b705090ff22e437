import fc from 'fast-check';
import { type Canvas, canvas } from '../../../../celery';
import { divideStep } from '../../../../celery/chords/divide-step';
import { startsChord } from '../../../../celery/chords/starts-chord';
import { derivedIds } from '../../../../celery/protocol';

const { chain, chord, group, s } = canvas;

const context = () => ({ newId: derivedIds('test'), replyTo: 'results' });
const firstTask = (sig: Canvas): canvas.TaskStep => {
  const step = canvas.planCanvas(sig, {}, context()).steps.find(({ kind }) => kind === 'task');
  return step as canvas.TaskStep;
};
const chainOf = (options: Readonly<Record<string, unknown>>): readonly { options: { task_id?: string } }[] =>
  (options.chain ?? []) as readonly { options: { task_id?: string } }[];

const task = fc.constantFrom('a', 'b', 'c').map((name) => s(name));
const step: fc.Arbitrary<Canvas> = fc.oneof(
  task,
  fc.array(task, { minLength: 2, maxLength: 3 }).map((tasks) => group(...tasks)),
  fc.tuple(fc.array(task, { minLength: 1, maxLength: 2 }), task).map(([header, body]) => chord(header, body)),
);

describe('what a worker gets of a chain on rpc', () => {
  test('never a step that starts a chord; and nothing of the chain is lost or turned round', () => {
    fc.assert(
      fc.property(task, fc.array(step, { maxLength: 6 }), (first, rest) => {
        const whole = firstTask(chain(first, ...rest));
        const { step: kept, continuations = [] } = divideStep(whole);
        expect((kept.options.chain as Canvas[] | undefined)?.some(startsChord) ?? false).toBe(false);
        const taken = continuations.flatMap(({ next }) =>
          next.flatMap(({ signature, chain: after }) => [...after, signature]),
        );
        expect([...taken, ...chainOf(kept.options)]).toEqual(chainOf(whole.options));
        for (const { awaits, next } of continuations) {
          expect(next.some(({ signature }) => startsChord(signature))).toBe(true);
          const last = chainOf(kept.options)[0]?.options.task_id ?? kept.options.task_id;
          expect(awaits.id).toBe(last);
        }
      }),
    );
  });

  test('a step without chords is left as it is', () => {
    const whole = firstTask(chain(s('a'), s('b'), group(s('c'), s('d'))));
    expect(divideStep(whole)).toEqual({ step: whole });
  });

  test('a callback with a chord in it and a chord further on are two continuations', () => {
    const called = canvas.link(s('a'), chord([s('x')], s('y')));
    const { step: kept, continuations = [] } = divideStep(
      firstTask(chain(called, s('b'), chord([s('c')], s('d')))),
    );
    expect(continuations.map(({ kind }) => kind)).toEqual(['callback', 'step']);
    expect(kept.options.link).toEqual([]);
    expect(chainOf(kept.options)).toHaveLength(1);
  });

  test('an errback that starts a chord is refused, wherever it hangs', () => {
    const errback = chord([s('x')], s('y'));
    for (const sig of [canvas.linkError(s('a'), errback), chain(s('a'), canvas.linkError(s('b'), errback))]) {
      expect(() => divideStep(firstTask(sig))).toThrow(
        expect.objectContaining({ code: 'CANVAS_UNSUPPORTED' }),
      );
    }
  });
});
