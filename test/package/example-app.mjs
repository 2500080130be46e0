import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a line of the walk-through in a shell, as its reader does, and answers with what it printed. */
export async function shell(command, cwd, env) {
  try {
    return (await execute('sh', ['-c', command], { cwd, env })).stdout;
  } catch (error) {
    throw new Error(`${command} failed:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

/** A running application, on the port it says it listens on. */
export class ExampleApp {
  #process;

  constructor(child, url) {
    this.#process = child;
    this.url = url;
  }

  static async start(command, cwd, env) {
    // A group of its own: npm leaves its child alive when it is ended itself.
    const child = spawn('sh', ['-c', command], { cwd, env: { ...env, PORT: '0' }, detached: true });
    let output = '';
    const url = await new Promise((resolve, reject) => {
      const read = (chunk) => {
        output += chunk;
        const [, found] = /^Listening on (http\S+)$/m.exec(output) ?? [];
        if (found) resolve(found);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () => reject(new Error(`${command} ended:\n${output}`)));
    });
    return new ExampleApp(child, url);
  }

  /** Status and body; a body that is JSON is read. */
  async call(path, { credential, tenant, body } = {}) {
    const response = await fetch(this.url + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(credential && { authorization: `Bearer ${credential}` }),
        ...(tenant && { 'x-tenant-id': tenant }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    process.kill(-this.#process.pid, 'SIGTERM');
    await ended;
  }
}
