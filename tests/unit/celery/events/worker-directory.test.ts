import { type ReceivedEvent, WorkerDirectory } from '../../../../celery/events';

const setup = () => {
  const clock = { now: 100_000 };
  const workers = new WorkerDirectory({ now: () => clock.now, maxEntries: 2 });
  const beat = (type: string, hostname = 'a@test', fields: object = {}): void => {
    const event: ReceivedEvent = {
      type,
      hostname,
      timestamp: clock.now / 1000,
      receivedAt: clock.now,
      fields: { ...fields },
    };
    workers.onEvent(event);
  };
  return { clock, workers, beat };
};

describe('WorkerDirectory', () => {
  it('takes a worker as alive for twice its heartbeat interval', () => {
    const { clock, workers, beat } = setup();
    beat('worker-heartbeat', 'a@test', { freq: 2, active: 1, sw_ident: 'py-celery' });
    clock.now += 3999;
    expect(workers.aliveNodes()).toEqual(['a@test']);
    clock.now += 1;
    expect(workers.aliveNodes()).toEqual([]);
    expect(workers.get('a@test')).toMatchObject({ alive: false, active: 1, software: 'py-celery' });
  });

  it('takes 60 seconds where no interval is told', () => {
    const { clock, workers, beat } = setup();
    beat('worker-online');
    clock.now += 119_999;
    expect(workers.get('a@test')?.alive).toBe(true);
  });

  it('takes worker-offline at its word', () => {
    const { workers, beat } = setup();
    beat('worker-online');
    beat('worker-offline');
    expect(workers.aliveNodes()).toEqual([]);
    expect(workers.list()).toHaveLength(1);
  });

  it('keeps what an earlier event told', () => {
    const { workers, beat } = setup();
    beat('worker-online', 'a@test', { sw_ver: '5.7.0', pid: 7 });
    beat('worker-heartbeat', 'a@test', { freq: 2 });
    expect(workers.get('a@test')).toMatchObject({ softwareVersion: '5.7.0', pid: 7 });
  });

  it('is bounded', () => {
    const { workers, beat } = setup();
    for (const node of ['a', 'b', 'c']) beat('worker-online', node);
    expect(workers.list().map(({ nodename }) => nodename)).toEqual(['b', 'c']);
  });

  it('passes over task events', () => {
    const { workers, beat } = setup();
    beat('task-started');
    expect(workers.list()).toEqual([]);
  });
});
