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

  /** Why the edits cannot be made; undefined when they can. */
  staleness(edits: readonly Edit[]): string | undefined {
    for (const { file, find } of edits) {
      let text: string;
      try {
        text = readFileSync(join(this.root, file), 'utf8');
      } catch {
        return `${file} is not there`;
      }
      const count = text.split(find).length - 1;
      if (count !== 1) return `its text is in ${file} ${count} times, not once`;
    }
    return undefined;
  }

  async whileEdited<T>(edits: readonly Edit[], work: () => Promise<T>): Promise<T> {
    const originals = new Map<string, string>();
    try {
      for (const { file, find, replace } of edits) {
        const path = join(this.root, file);
        const text = readFileSync(path, 'utf8');
        if (!originals.has(path)) originals.set(path, text);
        writeFileSync(path, text.split(find).join(replace));
      }
      return await work();
    } finally {
      for (const [path, original] of originals) writeFileSync(path, original);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
