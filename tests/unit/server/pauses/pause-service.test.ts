import type { BroadcastOptions } from '../../../../celery';
import { silentLogger } from '../../../../runtime';
import { NamePolicy } from '../../../../server/messaging';
import { PauseBook, PauseService, PauseWatch, type QueuePause } from '../../../../server/pauses';
import { SharedLog } from '../../../support/shared-log';
import { until } from '../../../support/until';

/** Workers that consume queues, and gateways that pause them. */
function fleet() {
  let now = 1_800_000_000_000;
  const consuming = new Map<string, Set<string>>();
  const away = new Set<string>();
  const log = new SharedLog<QueuePause>();
  const broadcast = async (
    method: string,
    args: Readonly<Record<string, unknown>> = {},
    { destination = [] }: BroadcastOptions = {},
  ) => {
    const asked = destination.length > 0 ? destination : [...consuming.keys()];
    const there = asked.filter((node) => consuming.has(node) && !away.has(node));
    const queue = String(args.queue);
    const replies = there.map((node): [string, unknown] => {
      const queues = consuming.get(node) ?? new Set<string>();
      if (method === 'cancel_consumer') queues.delete(queue);
      if (method === 'add_consumer') queues.add(queue);
      return [node, method === 'active_queues' ? [...queues].map((name) => ({ name })) : { ok: method }];
    });
    return { replies: Object.fromEntries(replies), missing: asked.filter((node) => !there.includes(node)) };
  };
  const gateway = () => {
    const listeners: ((node: string) => void)[] = [];
    const clock = { now: () => now };
    const service = new PauseService({
      book: new PauseBook(log.reader()),
      control: { broadcast },
      inspector: { forget: () => undefined },
      names: new NamePolicy([]),
      clock,
    });
    const watch = new PauseWatch({
      service,
      control: { broadcast },
      workers: {
        onAppeared: (listener) => {
          listeners.push(listener);
          return () => undefined;
        },
      },
      clock,
      logger: silentLogger(),
      lookEveryMs: 3_600_000,
      retryAfterMs: [1, 1],
    });
    const appear = (node: string): void => {
      for (const listener of listeners) listener(node);
    };
    return { service, watch, appear };
  };
  return {
    consuming,
    away,
    gateway,
    later: (ms: number) => {
      now += ms;
    },
  };
}

const has = (queues: Set<string> | undefined, queue: string): boolean => queues?.has(queue) === true;

describe('a paused queue', () => {
  it('is consumed by nobody, and after it is resumed by those that did before', async () => {
    const { consuming, gateway } = fleet();
    consuming.set('a@h', new Set(['q', 'other'])).set('b@h', new Set(['other']));
    const { service } = gateway();
    const { pause, outcomes } = await service.pause('q', 'admin');
    expect(pause).toMatchObject({ state: 'paused', by: 'admin', workers: ['a@h'] });
    expect(outcomes).toEqual([{ hostname: 'a@h', status: 'ok', message: 'cancel_consumer' }]);
    expect([...consuming.values()].some((queues) => queues.has('q'))).toBe(false);

    expect((await service.resume('q', 'admin')).pause).toBeUndefined();
    expect([has(consuming.get('a@h'), 'q'), has(consuming.get('b@h'), 'q')]).toEqual([true, false]);
    expect(service.list()).toEqual([]);
  });

  it('paused again stays as it was paused first', async () => {
    const { consuming, gateway, later } = fleet();
    consuming.set('a@h', new Set(['q']));
    const { service } = gateway();
    const first = await service.pause('q', 'one');
    later(1000);
    expect((await service.pause('q', 'two')).pause).toEqual(first.pause);
  });

  it('that is not paused cannot be resumed', async () => {
    await expect(fleet().gateway().service.resume('q', null)).rejects.toMatchObject({
      code: 'QUEUE_NOT_PAUSED',
    });
  });

  it('of the gateway itself is not touched', async () => {
    const pause = fleet().gateway().service.pause('celery-gateway.results', null);
    await expect(pause).rejects.toMatchObject({ code: 'NAME_NOT_ALLOWED' });
  });

  it('is not consumed by a worker that joins, whichever gateway sees it, and is given back to it', async () => {
    const { consuming, gateway } = fleet();
    const one = gateway();
    const two = gateway();
    await two.watch.start();
    await one.service.pause('q', null);
    consuming.set('late@h', new Set(['q']));
    two.appear('late@h');
    await until(() => !has(consuming.get('late@h'), 'q'));
    expect(one.service.list()[0]?.[1].workers).toEqual(['late@h']);
    await one.service.resume('q', null);
    expect(has(consuming.get('late@h'), 'q')).toBe(true);
    await two.watch.stop();
  });

  it('is consumed again by a worker that could not be told of the resume, once it is heard of', async () => {
    const { consuming, away, gateway } = fleet();
    consuming.set('a@h', new Set(['q'])).set('b@h', new Set(['q']));
    const { service, watch, appear } = gateway();
    await watch.start();
    await service.pause('q', null);
    away.add('b@h');
    const { pause, outcomes } = await service.resume('q', null);
    expect(pause).toMatchObject({ state: 'resuming', workers: ['b@h'] });
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'no_reply']);
    appear('b@h');
    away.clear();
    await until(() => has(consuming.get('b@h'), 'q') && service.list().length === 0);
    await watch.stop();
  });
});
