const { writeFileSync } = require('node:fs');

/** Ends a Jest run at the first red test, where `--bail` waits for the end of its file, and writes down what it was. */
module.exports = class FirstFailureReporter {
  #broken;

  constructor(_config, { report }) {
    this.report = report;
  }

  onTestCaseResult(_test, { status, fullName }) {
    if (status !== 'failed') return;
    this.#write({ failed: fullName });
    process.exit(1);
  }

  /** A file that could not be loaded has no tests. */
  onTestFileResult(_test, { testExecError, failureMessage }) {
    if (testExecError) this.#broken ??= failureMessage ?? String(testExecError);
  }

  onRunComplete(_contexts, { numPassedTests }) {
    this.#write({ passed: numPassedTests, broken: this.#broken });
  }

  #write(result) {
    writeFileSync(this.report, JSON.stringify(result));
  }
};
