const { writeFileSync } = require('node:fs');

/** Writes down how a Jest run ended in which no test was red. */
module.exports = class ResultReporter {
  #broken;

  /** A file that could not be loaded has no tests. */
  onTestFileResult(_test, { testExecError, failureMessage }) {
    if (testExecError) this.#broken ??= failureMessage ?? String(testExecError);
  }

  onRunComplete(_contexts, { numPassedTests }) {
    const result = { passed: numPassedTests, broken: this.#broken };
    writeFileSync(process.env.MUTATION_REPORT, JSON.stringify(result));
  }
};
