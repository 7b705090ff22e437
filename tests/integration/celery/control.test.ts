import {
  ControlClient,
  EventDispatcher,
  EventReceiver,
  Mailbox,
  NO_REPLY,
  TaskHistory,
  WorkerDirectory,
} from '../../../celery';
import { LamportClock } from '../../../celery/protocol';
import { until } from '../../support/until';
import { type Rig, startRig } from './rig';

describe('control and events on RabbitMQ', () => {
  let rig: Rig;
  const known: string[] = [];
  let control: ControlClient;
  const clock = new LamportClock(126);

  const startMailbox = async (nodename: string) => {
    const commands = new Map<string, (args: Readonly<Record<string, unknown>>) => unknown>([
      ['ping', () => ({ ok: 'pong' })],
      ['revoke', (args) => ({ ok: args })],
      ['shutdown', () => NO_REPLY],
      [
        'fail',
        () => {
          throw new TypeError('no');
        },
      ],
    ]);
    const mailbox = await rig.cleanup.stops(
      new Mailbox({
        connection: rig.connections.consume,
        publisher: rig.publisher,
        nodename,
        commands,
        clock: new LamportClock(),
        logger: rig.logger,
      }),
    );
    await mailbox.start();
    await until(() => mailbox.listening);
    return mailbox;
  };

  beforeAll(async () => {
    rig = await startRig('control');
    control = await rig.cleanup.stops(
      new ControlClient({
        connections: rig.connections,
        publisher: rig.publisher,
        clock,
        knownNodes: () => known,
        logger: rig.logger,
      }),
    );
    await control.start();
    await until(() => control.ready);
    await startMailbox('a@test');
    await startMailbox('b@test');
  });
  afterAll(() => rig.cleanup.run());

  it('ends early once all known nodes have answered', async () => {
    known.splice(0, known.length, 'a@test', 'b@test');
    const began = performance.now();
    const { replies, missing } = await control.ping({ timeoutMs: 10_000 });
    expect(replies).toEqual({ 'a@test': { ok: 'pong' }, 'b@test': { ok: 'pong' } });
    expect(missing).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('names the known nodes that do not answer by the deadline', async () => {
    known.splice(0, known.length, 'a@test', 'dead@test');
    const { replies, missing } = await control.ping({ timeoutMs: 200 });
    expect(new Set(Object.keys(replies))).toEqual(new Set(['a@test', 'b@test']));
    expect(missing).toEqual(['dead@test']);
  });

  it('addresses the destination alone', async () => {
    const { replies, missing } = await control.revoke('id', {
      destination: ['b@test'],
      terminate: true,
      timeoutMs: 10_000,
    });
    expect(replies).toEqual({ 'b@test': { ok: { task_id: 'id', terminate: true, signal: 'SIGTERM' } } });
    expect(missing).toEqual([]);
  });

  it('answers errors as reprs, and unknown commands as KeyError', async () => {
    const options = { destination: ['a@test'], timeoutMs: 10_000 };
    expect((await control.broadcast('fail', {}, options)).replies).toEqual({
      'a@test': { error: "TypeError('no')" },
    });
    expect((await control.broadcast('dance', {}, options)).replies).toEqual({
      'a@test': { error: "KeyError('dance')" },
    });
  });

  it('gets no reply from a command that gives none', async () => {
    const { replies, missing } = await control.broadcast(
      'shutdown',
      {},
      { destination: ['a@test'], timeoutMs: 100 },
    );
    expect(replies).toEqual({});
    expect(missing).toEqual(['a@test']);
  });

  it('keeps its clock ahead of every reply', () => {
    expect(clock.value).toBeGreaterThan(130);
  });

  const receive = async (streams: boolean) => {
    const workers = new WorkerDirectory();
    const tasks = new TaskHistory();
    const receiver = await rig.cleanup.stops(
      new EventReceiver({
        connection: rig.connections.consume,
        topology: rig.topology,
        streams,
        onEvent: (event, source) => {
          workers.onEvent(event);
          tasks.onEvent(event, source);
        },
        logger: rig.logger,
      }),
    );
    await receiver.start();
    await until(() => receiver.status.ready, { what: 'the event log' });
    return { workers, tasks, receiver };
  };

  it('knows from the event log which worker ran a task, also after a restart', async () => {
    const { workers, tasks, receiver } = await receive(true);
    const dispatcher = await rig.cleanup.stops(
      new EventDispatcher({
        connection: rig.connections.publish,
        nodename: 'a@test',
        clock: new LamportClock(),
        logger: rig.logger,
      }),
    );
    // Sent before the channel is there: kept until it is.
    dispatcher.send('worker-online', { freq: 60 });
    for (let i = 0; i < 60; i += 1)
      dispatcher.send('task-received', { uuid: `t${i}`, name: 'tasks.add', args: '(1,)' });
    await dispatcher.start();
    dispatcher.send('task-started', { uuid: 't7' });
    dispatcher.send('task-succeeded', { uuid: 't7', result: '1', runtime: 0.5 });
    const expected = {
      worker: 'a@test',
      state: 'SUCCESS',
      name: 'tasks.add',
      argumentsText: '(1,) {}',
      runtimeSeconds: 0.5,
    };
    await until(() => tasks.get('t7')?.state === 'SUCCESS');
    expect(tasks.get('t7')).toMatchObject(expected);
    expect(tasks.size).toBe(60);
    expect(workers.aliveNodes()).toEqual(['a@test']);
    await receiver.stop();
    const restarted = await receive(true);
    expect(restarted.tasks.get('t7')).toMatchObject(expected);
    expect(restarted.receiver.status).toEqual({ ready: true, kind: 'stream', detail: undefined });
    dispatcher.send('worker-offline');
    await until(() => restarted.workers.aliveNodes().length === 0);
  });

  it('reads an exclusive queue where there are no streams', async () => {
    const { workers, receiver } = await receive(false);
    expect(receiver.status.kind).toBe('queue');
    const dispatcher = await rig.cleanup.stops(
      new EventDispatcher({
        connection: rig.connections.publish,
        nodename: 'c@test',
        clock: new LamportClock(),
        logger: rig.logger,
      }),
    );
    await dispatcher.start();
    dispatcher.send('worker-heartbeat', { freq: 60, active: 3 });
    await until(() => workers.get('c@test')?.active === 3);
  });
});
