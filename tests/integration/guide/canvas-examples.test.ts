import * as adding from '../../../docs/guide/examples/adding-to-a-chord';
import * as canvasExample from '../../../docs/guide/examples/canvas';
import * as errbacks from '../../../docs/guide/examples/errbacks';
import * as replacing from '../../../docs/guide/examples/replacing';
import { type Canvas, type CanvasResult, canvas, type TaskDefinition } from '../../../workers';
import { CanvasRig } from '../../support/canvas/canvas-rig';
import { until } from '../../support/until';

const { chord, linkError, s } = canvas;

const isTask = (value: unknown): value is TaskDefinition =>
  typeof value === 'object' && value !== null && 'invoke' in value;

describe('the examples of the guide to canvases, on RabbitMQ and Redis', () => {
  let rig: CanvasRig;

  beforeAll(async () => {
    rig = await CanvasRig.open('guide-canvas');
    const examples = [adding, canvasExample, errbacks, replacing];
    const tasks = examples.flatMap((module) => Object.values(module).filter(isTask));
    await rig.startTypeScript({ tasks });
  });
  afterAll(() => rig.close());

  const run = async (sig: Canvas): Promise<unknown> => rig.value(await rig.apply(sig));

  test('a task starts a chord and returns it as a result', async () => {
    const tuple = (await run(s('guide.compare', 'north', 'south', 'west'))) as canvas.ResultTuple;
    const result: CanvasResult = canvas.resultFromTuple(tuple);
    expect(await rig.value(result)).toEqual({ shop: 'south', price: 9 });
  });

  test('a replaced task has the result of what replaced it', async () => {
    expect(await run(s('guide.publish_page', 'hello'))).toEqual({ bytes: 12 });
    expect(await run(s('guide.publish_page', ''))).toBeNull();
  });

  test('a body waits for what its header tasks add', async () => {
    expect(await run(chord([s('guide.scan', 'all')], s('guide.summary')))).toBe('a all b c');
  });

  test('errbacks of both styles hear of a failure', async () => {
    const failing = [s('guide.alert'), s('guide.explain')].reduce(linkError, s('guide.divide', 1, 0));
    const { id } = await rig.apply(failing);
    await until(() => errbacks.told.length === 2, { timeoutMs: 30_000, what: 'both errbacks' });
    expect(new Set(errbacks.told)).toEqual(
      new Set([`failed: ${id}`, `${id}: RangeError: nothing to divide by`]),
    );
  });
});
