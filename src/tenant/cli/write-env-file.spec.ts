import fs, {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { UsageError } from './command.js';
import { openEnvFile } from './write-env-file.js';

describe(openEnvFile.name, () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'env-'));
    path = join(directory, '.env');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  const set = (variables: Record<string, string>) => openEnvFile(path).write(variables);
  const after = (before: string, variables: Record<string, string>) => {
    writeFileSync(path, before);
    set(variables);
    return readFileSync(path, 'utf8');
  };

  describe('the file', () => {
    it('is made readable by its owner alone', () => {
      set({ A: '1', B: '2' });
      expect(readFileSync(path, 'utf8')).toBe('A=1\nB=2\n');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readdirSync(directory)).toEqual(['.env']);
    });

    it('is replaced as a whole: what others could read never holds a secret', () => {
      writeFileSync(path, 'A=old\n', { mode: 0o644 });
      linkSync(path, join(directory, 'same'));
      const file = openEnvFile(path);
      const [temporary, ...rest] = readdirSync(directory).filter((name) => !['.env', 'same'].includes(name));
      expect(rest).toEqual([]);
      expect(temporary).toMatch(/^\.env\.[0-9a-f]{16}\.tmp$/);
      expect(statSync(join(directory, temporary!)).mode & 0o777).toBe(0o600);
      file.write({ A: 'secret' });
      expect(readFileSync(join(directory, 'same'), 'utf8')).toBe('A=old\n');
      expect(readFileSync(path, 'utf8')).toBe('A=secret\n');
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });

    it('takes its place only when it is on the disk, and was nobody’s before', () => {
      const calls: string[] = [];
      const { openSync, fsyncSync, renameSync } = fs;
      jest.spyOn(fs, 'openSync').mockImplementation((...args) => {
        calls.push(`open ${String(args[1])}`);
        return openSync(...args);
      });
      jest.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
        calls.push('fsync');
        fsyncSync(fd);
      });
      jest.spyOn(fs, 'renameSync').mockImplementation((...args) => {
        calls.push('rename');
        renameSync(...args);
      });
      set({ A: '1' });
      expect(calls.filter((call) => call !== 'open r')).toEqual(['open wx', 'fsync', 'rename']);
    });

    it('stays as it was when writing fails, with nothing next to it', () => {
      writeFileSync(path, 'A=old\n');
      jest.spyOn(fs, 'renameSync').mockImplementation(() => {
        throw new Error('full');
      });
      expect(() => set({ A: '1' })).toThrow('full');
      expect(readFileSync(path, 'utf8')).toBe('A=old\n');
      expect(readdirSync(directory)).toEqual(['.env']);
    });

    it('stays as it was when it is given up', () => {
      const file = openEnvFile(path);
      expect(readdirSync(directory)).toHaveLength(1);
      file.discard();
      file.discard();
      expect(readdirSync(directory)).toEqual([]);
    });

    it('is the one a symbolic link leads to', () => {
      const real = join(directory, 'shared', 'real');
      mkdirSync(join(directory, 'shared'));
      writeFileSync(real, 'A=old\n');
      symlinkSync('shared/real', path);
      set({ A: '1' });
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(readFileSync(real, 'utf8')).toBe('A=1\n');
      expect(readdirSync(join(directory, 'shared'))).toEqual(['real']);
    });

    const asRoot = process.getuid?.() === 0 ? it : it.skip;
    asRoot('keeps its owner', () => {
      writeFileSync(path, '');
      chownSync(path, 12_345, 12_345);
      set({ A: '1' });
      expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 12_345 });
    });

    it('is not one that may not be written, though its directory may', () => {
      writeFileSync(path, '', { mode: 0o400 });
      const { accessSync } = fs;
      jest.spyOn(fs, 'accessSync').mockImplementation((file, mode) => {
        if (mode === (fs.constants.R_OK | fs.constants.W_OK)) throw new Error('EACCES'); // root may
        accessSync(file, mode);
      });
      expect(() => openEnvFile(path)).toThrow(/\.env cannot be written: EACCES/);
      expect(readdirSync(directory)).toEqual(['.env']);
    });

    it.each([
      [
        'a symbolic link to nothing',
        () => symlinkSync('nowhere', path),
        /\.env is a symbolic link to a file/,
      ],
      ['a symbolic link to itself', () => symlinkSync('.env', path), /\.env cannot be written: ELOOP/],
      ['a directory', () => mkdirSync(path), /\.env is a directory/],
      ['a symbolic link to a directory', () => symlinkSync('.', path), /\.env is a directory/],
      ['a device', () => (path = '/dev/null'), /\/dev\/null is not a regular file/],
      ['a file in no directory', () => (path = join(path, '.env')), /\.env\/\.env cannot be written: ENOENT/],
      ['a path that ends with a slash', () => (path += '/'), /\.env\/" does not name a file/],
      ['nothing', () => (path = ''), /"" does not name a file/],
    ])('is not %s', (_, given, message) => {
      given();
      const before = readdirSync(directory);
      expect(() => openEnvFile(path)).toThrow(UsageError);
      expect(() => openEnvFile(path)).toThrow(message);
      expect(readdirSync(directory)).toEqual(before);
    });
  });

  describe('the text', () => {
    it('keeps everything else where it is', () => {
      expect(
        after('\n# mine\nA=old # why\n\n  export B = old\nAA=kept\n#A=comment\n\n\n', {
          A: '1',
          B: '2',
          C: '3',
        }),
      ).toBe('\n# mine\nA=1\n\n  export B=2\nAA=kept\n#A=comment\n\n\nC=3\n');
    });

    it('leaves one line of a variable, since the last would count', () => {
      expect(after('A=x\nB=kept\nA=y\nA: z', { A: '1' })).toBe('A=1\nB=kept\n');
    });

    it('keeps the ends of lines, and adds one where the last has none', () => {
      expect(after('A=old\r\nB=kept\r\nC="kept"', { A: '1', D: '2' })).toBe(
        'A=1\r\nB=kept\r\nC="kept"\r\nD=2\r\n',
      );
      expect(after('B=kept', { A: '1' })).toBe('B=kept\nA=1\n');
      expect(after('A=old', { A: '1' })).toBe('A=1');
    });

    it('keeps bytes that are not UTF-8', () => {
      const bytes = Buffer.from([0x23, 0xff, 0xa0, 0x0a]);
      writeFileSync(path, bytes);
      set({ A: 'é' });
      expect(readFileSync(path)).toEqual(Buffer.concat([bytes, Buffer.from('A=é\n')]));
    });

    it('takes a value as it is', () => {
      expect(after('A=old\n', { A: '$& $1' })).toBe('A=$& $1\n');
    });

    it.each(['"', "'", '`'])('keeps a line inside a value in %s', (quote) => {
      const other = quote === '"' ? "'" : '"';
      const before = `K=${quote}begin${other}\nA=inside\n${quote} # tail\nA=old\nL=kept\n`;
      const text = after(before, { A: '1' });
      expect(text).toBe(before.replace('A=old', 'A=1'));
      expect(parseEnv(text)).toEqual({ K: `begin${other}\nA=inside\n`, A: '1', L: 'kept' });
    });

    it('replaces its own value whole, over all its lines', () => {
      expect(after('A="x\nB=inside\n"\nB=kept\n', { A: '1' })).toBe('A=1\nB=kept\n');
    });

    it.each([
      ['a quote that nothing closes', 'K="open\nA=old\n'],
      ['a quote in the middle of a value', 'K=it"s\nA=old\nL="\n'],
      ['a quote in a comment', "# don't\nA=old\n# won't\n"],
      ['a variable in a comment', '#K="\nA=old\n#"\n'],
      ['a path that ends with a backslash', 'K="C:\\dir\\"\nA=old\nL="x"\n'],
      ['quotes kept from closing', 'K="{\\"a\\":\nA=inside\n}"\nA=old\n'],
      ['something after the closing quote', 'K="x\nA=inside\n" rest\nA=old\n'],
      ['an empty value before', 'K=\nA=old\n'],
    ])('is not misled by %s', (_, before) => {
      expect(after(before, { A: '1' })).toBe(before.replace('A=old', 'A=1'));
    });
  });
});
