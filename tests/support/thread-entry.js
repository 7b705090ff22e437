/** The entry of the worker's threads, run from the sources: threads are not started by jest, which compiles for the tests. */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    sourceMaps: 'inline',
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    // `import()` stays what it is: task modules are loaded by URL.
    module: { type: 'commonjs', ignoreDynamic: true },
  });
  module._compile(code, filename);
};

exports.runInThread = require('../../workers/pool/task-thread').runInThread;
