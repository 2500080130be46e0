import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { removeDataDirectory } from '../../src/database/embedded/cluster-home.js';
import { BuiltBackend, ROOT } from '../support/built-backend.js';

const run = promisify(execFile);

/** Whatever of these an answer has. */
interface Body {
  readonly id: string;
  readonly key: string;
  readonly data: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

describe('the built backend, started on nothing', () => {
  let scratch: string;
  let running: BuiltBackend | undefined;
  const start = async (): Promise<BuiltBackend> =>
    (running = await BuiltBackend.start({ DATA_DIR: join(scratch, 'data') }, scratch));

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'parallax-start-'));
    await chmod(scratch, 0o711); // started by root, the server runs as an account that must get in
  });
  afterEach(async () => {
    await running?.kill('SIGTERM');
    await removeDataDirectory(join(scratch, 'data/postgres'));
    await rm(scratch, { recursive: true, force: true });
  });

  const postmasterPid = async (): Promise<number> =>
    parseInt(await readFile(join(scratch, 'data/postgres/cluster/postmaster.pid'), 'utf8'), 10);

  const makeAnotherKey = async (): Promise<string> => {
    const command = join(ROOT, 'dist/src/auth/cli/admin-key.js');
    const env = { ...process.env, DATA_DIR: join(scratch, 'data') };
    const { stdout } = await run(process.execPath, [command, '--json'], { env, cwd: scratch });
    return (JSON.parse(stdout) as Body).key;
  };

  /** A process that has ended stays in the table until its parent looks; that is not being alive. */
  const isAlive = async (pid: number): Promise<boolean> => {
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: 'Z' }));
    return !stdout.trim().startsWith('Z');
  };

  it('prints commands that work when pasted, keeps its data, and takes its database along', async () => {
    const first = await start();
    const pasted = /^ {2}export PARALLAX[\s\S]*?^ {2}done$/m.exec(first.output)?.[0] ?? '';
    const { stdout } = await run('bash', ['-euc', pasted]);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      answers.map((answer) => answer.name ?? answer.data.map(({ name }: { name: string }) => name)),
    ).toEqual(['agent of Acme', ['agent of Acme'], 'agent of Globex', ['agent of Globex']]);
    const database = await postmasterPid();
    expect(await first.kill('SIGTERM')).toBe(0);
    expect(await isAlive(database)).toBe(false);

    const another = await makeAnotherKey();
    const second = await start();
    expect(second.output).toContain('The operator key was made earlier');
    const [, operator = ''] = /OPERATOR=(\S+)/.exec(first.output) ?? [];
    for (const key of [operator, another]) {
      const tenants = await fetch(`${second.url}/admin/tenants`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(((await tenants.json()) as { data: { slug: string }[] }).data.map(({ slug }) => slug)).toEqual([
        expect.stringMatching(/^globex-/),
        expect.stringMatching(/^acme-/),
      ]);
    }
    expect(await second.kill('SIGINT')).toBe(0);
  });

  it('leaves no database behind when it is told to stop while starting', async () => {
    const environment = { DATA_DIR: join(scratch, 'data') };
    const { code, output } = await BuiltBackend.interrupt(
      environment,
      /has been executed successfully/,
      'SIGTERM',
    );
    expect(output).toContain('SIGTERM during the start');
    expect(code).toBe(143);
    await expect(postmasterPid()).rejects.toThrow('ENOENT');
  });

  it('has everything it acknowledged after kill -9 of itself and of its database', async () => {
    let backend = await start();
    const [, operator = ''] = /OPERATOR=(\S+)/.exec(backend.output) ?? [];
    const call = async (method: string, path: string, key: string, body?: unknown): Promise<Body> => {
      const response = await fetch(backend.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${response.status}`);
      return (await response.json()) as Body;
    };
    const metadata = { contactName: 'Ada', contactEmail: 'ada@example.com' };
    const { id } = await call('POST', '/admin/tenants', operator, {
      name: 'Durable',
      plan: 'enterprise',
      metadata,
    });
    const { key } = await call('POST', `/admin/tenants/${id}/api-keys`, operator, {
      name: 'k',
      role: 'admin',
    });

    const acknowledged: string[] = [];
    for (const victims of [['backend'], ['database'], ['backend', 'database']]) {
      const database = await postmasterPid();
      let writing = true;
      const writers = Array.from({ length: 8 }, async () => {
        while (writing) {
          const agent = await call('POST', '/api/agents', key, { name: 'x' }).catch(() => undefined);
          if (agent) acknowledged.push(agent.id);
        }
      });
      const enough = acknowledged.length + 20;
      while (acknowledged.length < enough) await setTimeout(20);
      if (victims.includes('database')) process.kill(database, 'SIGKILL');
      if (victims.includes('backend')) await backend.kill('SIGKILL');
      writing = false;
      await Promise.all(writers);
      await backend.kill('SIGKILL');
      backend = await start();
    }

    const found = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Body = await call('GET', `/api/agents?limit=100${cursor && `&cursor=${cursor}`}`, key);
      for (const agent of page.data) found.add(agent.id);
      cursor = page.nextCursor;
    }
    process.stdout.write(`acknowledged ${acknowledged.length}, found ${found.size}\n`);
    expect(acknowledged.length).toBeGreaterThanOrEqual(60);
    expect(acknowledged.filter((agent) => !found.has(agent))).toEqual([]);
    expect(await backend.kill('SIGTERM')).toBe(0);
  });
});
