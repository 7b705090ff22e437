/** Ends a run with `N passed, N failed`, after jest's own summary; a test file that does not load counts as one failure. */
class PlainLineReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter(
      (file) => file.testExecError !== undefined && file.numFailingTests === 0,
    ).length;
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + broken;
    // scripts/test adds its own checks and prints the last line itself.
    const file = process.env.TEST_COUNTS_FILE;
    if (file === undefined) process.stderr.write(`\n${passed} passed, ${failed} failed\n`);
    else require('node:fs').writeFileSync(file, `${passed} ${failed}\n`);
  }
}

module.exports = PlainLineReporter;
