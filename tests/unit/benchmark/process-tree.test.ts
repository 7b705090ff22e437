import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuSeconds, memoryOf, processTree } from '../../../scripts/benchmark/process-tree';

describe('processTree', () => {
  it('counts the processes below one and what they hold and use', async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)']);
    await once(child.stdout, 'data');
    try {
      const pid = child.pid as number;
      expect(processTree(process.pid)).toEqual(expect.arrayContaining([process.pid, pid]));
      expect(processTree(pid)).toEqual([pid]);

      const [all, one] = [memoryOf(process.pid), memoryOf(pid)];
      expect(one.rssMiB).toBeGreaterThan(10);
      expect(one.pssMiB).toBeLessThanOrEqual(one.rssMiB);
      expect(all.rssMiB).toBeGreaterThan(one.rssMiB);
      expect(cpuSeconds(process.pid)).toBeGreaterThan(cpuSeconds(pid));
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('gives no figure for a process that is gone', () => {
    expect(memoryOf(2 ** 22 + 1).rssMiB).toBeNaN();
    expect(cpuSeconds(2 ** 22 + 1)).toBeNaN();
  });
});
