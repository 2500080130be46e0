const { install } = require('./typescript-hook.cjs');

/**
 * Starts the PostgreSQL of this run, once however many projects name this file. With TEST_DATABASE_URL, an
 * administrator's URL of a server of your own, that one is used instead: every database there whose name starts
 * with `test_` is dropped.
 */
module.exports = async function globalSetup() {
  const { clearTestDatabases, startTestServer } = launcher();
  if (process.env.TEST_DATABASE_URL) return await clearTestDatabases(process.env.TEST_DATABASE_URL);
  const server = await startTestServer();
  process.env.TEST_DATABASE_URL = server.adminUrl();
  globalThis.stopTestServer = async () => {
    delete process.env.TEST_DATABASE_URL;
    await server.remove();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => void server.remove().finally(() => process.kill(process.pid, signal)));
  }
};

function launcher() {
  const uninstall = install();
  try {
    return require('./test-server.ts');
  } finally {
    uninstall();
  }
}
