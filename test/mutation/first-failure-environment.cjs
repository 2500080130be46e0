const { writeFileSync } = require('node:fs');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Ends a Jest run at the first red test and writes down what it was. `--bail` waits for the end of its file, and a
 * reporter for its hooks: they would wait for connections that the test, being red, never gave back.
 */
module.exports = class FirstFailureEnvironment extends TestEnvironment {
  handleTestEvent({ name, test, hook }) {
    if (name !== 'test_fn_failure' && name !== 'hook_failure') return;
    writeFileSync(
      this.global.process.env.MUTATION_REPORT,
      JSON.stringify({ failed: fullName(test ?? hook) }),
    );
    process.exit(1);
  }
};

function fullName({ name, type, parent }) {
  if (!parent) return '';
  return `${fullName(parent)} ${name ?? type}`.trim();
}
