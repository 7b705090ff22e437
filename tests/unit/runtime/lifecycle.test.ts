import { type LifecyclePart, ProcessLifecycle, silentLogger, systemClock } from '../../../runtime';

interface Probe {
  readonly calls: string[];
  readonly exits: number[];
  readonly announced: string[];
  readonly lifecycle: ProcessLifecycle;
}

const part = (name: string, calls: string[], overrides: Partial<LifecyclePart> = {}): LifecyclePart => ({
  name,
  start: async () => void calls.push(`start ${name}`),
  stop: async () => void calls.push(`stop ${name}`),
  ...overrides,
});

function probe(overrides: Partial<LifecyclePart> = {}, deadlineMs = 1000): Probe {
  const calls: string[] = [];
  const exits: number[] = [];
  const announced: string[] = [];
  const lifecycle = new ProcessLifecycle({
    parts: [part('a', calls), part('b', calls, overrides), part('c', calls)],
    deadlineMs,
    logger: silentLogger(),
    clock: systemClock,
    exit: (code) => void exits.push(code),
    announce: (stop, signal) => void announced.push(`${stop} ${signal}`),
  });
  return { calls, exits, announced, lifecycle };
}

describe('ProcessLifecycle', () => {
  test('starts in order and stops in the reverse one, once', async () => {
    const { calls, lifecycle } = probe();
    await Promise.all([lifecycle.start(), lifecycle.start()]);
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(calls).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('stop before start does nothing', async () => {
    const { calls, lifecycle } = probe();
    await lifecycle.stop();
    await lifecycle.start();
    expect(calls).toEqual([]);
  });

  test('a part that fails to start keeps the later ones from starting, and is stopped with the earlier', async () => {
    const { calls, lifecycle } = probe({ start: () => Promise.reject(new Error('no')) });
    await expect(lifecycle.start()).rejects.toThrow('no');
    await lifecycle.stop();
    expect(calls).toEqual(['start a', 'stop b', 'stop a']);
  });

  test('a part that hangs does not keep the ones below from being stopped', async () => {
    const { calls, lifecycle } = probe({ stop: () => new Promise(() => undefined) }, 30);
    await lifecycle.start();
    await expect(lifecycle.stop()).rejects.toThrow('did not stop cleanly');
    expect(calls).toContain('stop a');
  });

  test('the first SIGTERM stops warmly, the second coldly', async () => {
    let release: () => void = () => undefined;
    const { calls, exits, lifecycle } = probe({
      stop: () => new Promise<void>((resolve) => (release = resolve)),
    });
    await lifecycle.start();
    lifecycle.installSignals();
    try {
      process.emit('SIGTERM');
      expect(exits).toEqual([]);
      process.emit('SIGTERM');
      expect(exits).toEqual([1]);
    } finally {
      lifecycle.removeSignals();
      await new Promise(setImmediate);
      release();
    }
    await lifecycle.stop();
    expect(calls).toContain('stop a');
  });

  test('a warm stop that passes its deadline goes on as a cold one', async () => {
    const killed: string[] = [];
    const hangs = { stop: () => new Promise<void>(() => undefined), kill: () => void killed.push('b') };
    const { exits, announced, lifecycle } = probe(hangs, 30);
    await lifecycle.start();
    lifecycle.installSignals();
    try {
      process.emit('SIGTERM', 'SIGTERM');
      await expect(lifecycle.stop()).rejects.toThrow('did not stop cleanly');
      await new Promise(setImmediate);
    } finally {
      lifecycle.removeSignals();
    }
    expect(killed).toEqual(['b']);
    expect(announced).toEqual(['warm SIGTERM', 'cold SIGTERM']);
    expect(exits).toEqual([1]);
  });

  test('SIGHUP stops warmly, and each stop is announced', async () => {
    const { calls, exits, lifecycle, announced } = probe();
    await lifecycle.start();
    lifecycle.installSignals();
    try {
      process.emit('SIGHUP', 'SIGHUP');
      process.emit('SIGQUIT', 'SIGQUIT');
      await lifecycle.stop();
    } finally {
      lifecycle.removeSignals();
    }
    expect(calls).toContain('stop a');
    expect(announced).toEqual(['warm SIGHUP', 'cold SIGQUIT']);
    expect(exits[0]).toBe(1);
  });

  test('a cold stop waits for parts that need a moment, and a further signal does not', async () => {
    let release: () => void = () => undefined;
    const kill = () => new Promise<void>((resolve) => (release = resolve));
    const { exits, lifecycle } = probe({ kill });
    await lifecycle.start();
    lifecycle.installSignals();
    try {
      process.emit('SIGQUIT');
      await new Promise(setImmediate);
      expect(exits).toEqual([]);
      process.emit('SIGQUIT');
      expect(exits).toEqual([1]);
      release();
      await new Promise(setImmediate);
      expect(exits).toEqual([1, 1]);
    } finally {
      lifecycle.removeSignals();
    }
  });
});
