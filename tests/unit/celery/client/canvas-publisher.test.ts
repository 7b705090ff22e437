import {
  CanvasPublisher,
  type ChordCounter,
  canvas,
  TaskError,
  type TaskSubmission,
} from '../../../../celery';

const { chain, chord, group, s } = canvas;

class RecordingChords implements ChordCounter {
  constructor(readonly log: unknown[]) {}

  async begin({ groupId, header, body }: Parameters<ChordCounter['begin']>[0]): Promise<void> {
    this.log.push(['begin', groupId, header.results.length, body.task]);
  }

  async setSize(groupId: string, size: number): Promise<void> {
    this.log.push(['size', groupId, size]);
  }
}

const recorder = (fails: (task: TaskSubmission) => boolean = () => false) => {
  const log: unknown[] = [];
  let open = 0;
  let mostOpen = 0;
  const client = {
    submit: async (task: TaskSubmission) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      await Promise.resolve();
      open -= 1;
      if (fails(task)) throw new Error(`refused ${task.name}`);
      log.push([task.name, task.routeName, task.options?.replyTo]);
      return { taskId: String(task.options?.taskId), queue: 'celery', message: undefined as never };
    },
  };
  return { log, client, mostOpen: () => mostOpen };
};

describe('CanvasPublisher', () => {
  it('tells the size of a chord before its first header task: what returns earlier might count for nothing', async () => {
    const { log, client } = recorder();
    const publisher = new CanvasPublisher({
      client,
      replyTo: 'here',
      newId: () => 'id',
      chords: new RecordingChords(log),
    });
    await publisher.apply(chord([s('a'), s('b'), s('c')], s('body')));
    expect(log).toEqual([
      ['begin', 'id', 3, 'body'],
      ['size', 'id', 3],
      ['a', undefined, 'here'],
      ['b', undefined, 'here'],
      ['c', undefined, 'here'],
    ]);
  });

  it('refuses a chord where nobody counts, before anything is sent', async () => {
    const { log, client } = recorder();
    const publisher = new CanvasPublisher({ client, replyTo: 'here' });
    await expect(publisher.apply(chord([s('a')], s('b')))).rejects.toMatchObject({
      code: 'CANVAS_UNSUPPORTED',
    });
    expect(log).toEqual([]);
  });

  it('keeps the messages on their way few, however large the group', async () => {
    const { log, client, mostOpen } = recorder();
    const publisher = new CanvasPublisher({ client, replyTo: () => 'there' });
    const { tasks } = await publisher.apply(group(Array.from({ length: 1000 }, () => s('a'))));
    expect(tasks).toHaveLength(1000);
    expect(log).toHaveLength(1000);
    expect(mostOpen()).toBe(256);
  });

  it('throws the first refusal once the others of its group are settled', async () => {
    const { log, client } = recorder(({ name }) => name === 'bad');
    const publisher = new CanvasPublisher({ client, replyTo: 'here' });
    await expect(publisher.apply(group(s('a'), s('bad'), s('c')))).rejects.toThrow('refused bad');
    expect(log.map((entry) => (entry as unknown[])[0])).toEqual(['a', 'c']);
  });

  it('routes a map by the task it maps', async () => {
    const { log, client } = recorder();
    await new CanvasPublisher({ client, replyTo: 'here' }).apply(canvas.xmap(s('a'), [1]));
    expect(log).toEqual([['celery.map', 'a', 'here']]);
  });

  it('answers nothing for an empty chain', async () => {
    const { client } = recorder();
    const published = await new CanvasPublisher({ client, replyTo: 'here' }).apply(chain());
    expect(published).toEqual({ result: null, tasks: [] });
  });

  it('refuses callbacks on a group, as Celery does', async () => {
    const { client } = recorder();
    const publisher = new CanvasPublisher({ client, replyTo: 'here' });
    const applied = publisher.apply(group(s('a')), { options: { link: [s('b')] } });
    await expect(applied).rejects.toBeInstanceOf(TaskError);
  });
});
