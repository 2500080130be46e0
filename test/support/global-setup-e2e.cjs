const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const globalSetup = require('./global-setup.cjs');

const ROOT = join(__dirname, '../..');

/** Also compiles what is on disk, once: suites that run the built backend would build under each other's feet. */
module.exports = async function globalSetupForE2e() {
  await globalSetup();
  execFileSync(process.execPath, [join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js'), 'build'], {
    cwd: ROOT,
  });
};
