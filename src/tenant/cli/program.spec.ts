import { ExitCode } from './command.js';
import { type Program, runProgram } from './program.js';

const program: Program = {
  name: 'tool',
  commands: {
    greet: {
      summary: 'says hello',
      help: 'Usage: tool greet',
      run: ({ positionals }) =>
        Promise.resolve({
          code: ExitCode.Done,
          json: positionals,
          lines: [`hello ${positionals.join(' ')}`],
        }),
    },
  },
};

async function run(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runProgram(program, argv, {
    env: {},
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe(runProgram.name, () => {
  it('runs the command that is named, with the rest of the arguments', async () => {
    expect(await run('greet', 'world')).toEqual({ code: ExitCode.Done, out: 'hello world', err: '' });
    expect(await run('greet', '--help')).toMatchObject({ code: ExitCode.Done, out: 'Usage: tool greet' });
  });

  it.each(['--help', '-h', 'help'])('lists its commands with %s', async (argument) => {
    expect(await run(argument)).toMatchObject({
      code: ExitCode.Done,
      out: expect.stringMatching(/^ {2}greet {2}says hello$/m) as string,
    });
  });

  it.each([[['nope']], [['toString']], [['--nope']], [[]]])(
    'refuses %j and lists its commands',
    async (argv) => {
      const { code, out, err } = await run(...argv);
      expect({ code, out }).toEqual({ code: ExitCode.Usage, out: '' });
      expect(err).toMatch(/^ {2}greet {2}says hello$/m);
    },
  );

  it('refuses as JSON when asked to', async () => {
    expect(await run('nope', '--json')).toEqual({
      code: ExitCode.Usage,
      out: '{"error":"No command \\"nope\\"."}',
      err: '',
    });
  });
});
