/** Required by the process under test: a line on its stdin is answered with a line that tells what is alive after a collection. */
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.stdin.on('data', () => {
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const told = { alive: heapUsed + external, rss, cpuSeconds: (user + system) / 1e6 };
    process.stdout.write(`\nalive after collection: ${JSON.stringify(told)}\n`);
  });
  process.stdin.unref();
}
