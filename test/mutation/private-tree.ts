import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit } from './mutation.js';

const COPIED = [
  'src',
  'test',
  'migrations',
  'package.json',
  'jest.config.cjs',
  'tsconfig.json',
  'nest-cli.json',
];

/** A copy of the work tree to break things in. */
export class PrivateTree {
  private constructor(readonly root: string) {}

  static copyOf(source: string): PrivateTree {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'parallax-mutation-')));
    for (const name of COPIED) cpSync(join(source, name), join(root, name), { recursive: true });
    symlinkSync(realpathSync(join(source, 'node_modules')), join(root, 'node_modules'));
    return new PrivateTree(root);
  }

  /** Why the edit cannot be made; undefined when it can. */
  staleness({ file, find }: Edit): string | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.root, file), 'utf8');
    } catch {
      return `${file} is not there`;
    }
    const count = text.split(find).length - 1;
    return count === 1 ? undefined : `its text is in ${file} ${count} times, not once`;
  }

  async whileEdited<T>({ file, find, replace }: Edit, work: () => Promise<T>): Promise<T> {
    const path = join(this.root, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, original.split(find).join(replace));
    try {
      return await work();
    } finally {
      writeFileSync(path, original);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
