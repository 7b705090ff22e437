const { writeFileSync } = require('node:fs');

const isBroken = (file) => file.testExecError !== undefined && file.numFailingTests === 0;
const failures = (file) => file.numFailingTests + (isBroken(file) ? 1 : 0);

/**
 * Ends a run with `N passed, N failed`, after jest's own summary; a test file that does not load counts as one failure.
 * For scripts/test, which adds its own checks and prints the last line itself, it writes a file instead: the counts, then a
 * line `PASSED FAILED PATH` for each test file with a failure.
 */
class PlainLineReporter {
  onRunComplete(_contexts, results) {
    const failing = results.testResults.filter((file) => failures(file) > 0);
    const failed = failing.reduce((sum, file) => sum + failures(file), 0);
    const counts = `${results.numPassedTests} ${failed}`;
    const lines = failing.map((file) => `${file.numPassingTests} ${failures(file)} ${file.testFilePath}`);
    const file = process.env.TEST_COUNTS_FILE;
    if (file !== undefined) writeFileSync(file, `${[counts, ...lines].join('\n')}\n`);
    else process.stderr.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
  }
}

module.exports = PlainLineReporter;
