import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from './command.js';

/** A `.env` file that can be written: the new one lies next to it, still empty. */
export interface EnvFile {
  /** Sets variables and keeps everything else. The file is replaced as a whole, or not at all. */
  write(variables: Readonly<Record<string, string>>): void;
  /** Removes what {@link write} did not put in place. */
  discard(): void;
}

/**
 * Makes sure that a `.env` file can be written before there is anything to lose. It will hold passwords: they are
 * never in a file that anyone but the owner can read. A symbolic link stays one; the file it leads to is replaced.
 *
 * @throws UsageError when it cannot be
 */
export function openEnvFile(path: string): EnvFile {
  try {
    return replacementOf(targetOf(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}.`);
  }
}

function targetOf(path: string): string {
  if (path === '' || path.endsWith('/')) throw new UsageError(`"${path}" does not name a file.`);
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return join(realpathSync(dirname(path)), basename(path));
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined)
    throw new UsageError(
      `${path} is a symbolic link to a file that does not exist. Create it, or remove the link.`,
    );
  if (file.isDirectory()) throw new UsageError(`${path} is a directory; a file is expected.`);
  if (!file.isFile()) throw new UsageError(`${path} is not a regular file.`);
  accessSync(path, constants.R_OK | constants.W_OK); // to replace a file, the right to write it is not asked for
  return realpathSync(path);
}

function replacementOf(target: string): EnvFile {
  const temporary = `${target}.${randomBytes(8).toString('hex')}.tmp`;
  const fd = openSync(temporary, 'wx', 0o600);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  const discard = (): void => {
    close();
    rmSync(temporary, { force: true });
  };
  const orDiscard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      discard();
      throw error;
    }
  };
  orDiscard(() => {
    const before = statSync(target, { throwIfNoEntry: false });
    // Under sudo, the file stays that of its owner.
    if (before !== undefined && before.uid !== fstatSync(fd).uid) fchownSync(fd, before.uid, before.gid);
  });
  return {
    discard,
    write: (variables) =>
      orDiscard(() => {
        const exists = statSync(target, { throwIfNoEntry: false }) !== undefined;
        writeFileSync(fd, setVariables(exists ? readFileSync(target) : Buffer.alloc(0), variables));
        fsyncSync(fd);
        close();
        renameSync(temporary, target);
      }),
  };
}

/**
 * An assignment as dotenv and `node --env-file` read it, with the end of its line. A value in quotes may span lines.
 * dotenv lets a backslash keep a quote from closing it and wants nothing but a comment after; Node.js takes the first
 * quote there is. A quote that nothing closes is part of an ordinary value.
 */
const ASSIGNMENT = new RegExp(
  '^([ \\t]*(?:export[ \\t]+)?)([^#=\\s][^=\\r\\n]*?)[ \\t]*(?:=|:[ \\t])[ \\t]*' +
    `(?:${['"', "'", '`'].map(quoted).join('|')}|[^\\r\\n]*)(\\r?\\n)?`,
  'gm',
);

function quoted(quote: string): string {
  const dotenv = `(?:\\\\${quote}|[^${quote}])*${quote}[ \\t]*(?:#[^\\r\\n]*)?$`;
  return `${quote}(?:${dotenv}|[^${quote}]*${quote}[^\\r\\n]*)`;
}

function setVariables(before: Buffer, variables: Readonly<Record<string, string>>): Buffer {
  const text = before.toString('latin1'); // keeps every byte, in whatever encoding
  const missing = new Map(
    Object.entries(variables).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );
  const kept = text.replace(ASSIGNMENT, (line: string, lead: string, name: string, end = '') => {
    if (!Object.hasOwn(variables, name)) return line;
    const value = missing.get(name);
    missing.delete(name);
    return value === undefined ? '' : `${lead}${name}=${value}${end}`; // the last one would count: one is left
  });
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const gap = kept === '' || kept.endsWith('\n') ? '' : newline;
  const added = [...missing].map(([name, value]) => `${name}=${value}${newline}`);
  return Buffer.from(added.length > 0 ? kept + gap + added.join('') : kept, 'latin1');
}
