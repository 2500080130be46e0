import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const NAMED_BLOCK = /^```\w+ (\S+)\n(.*?)^```$/gms;

/**
 * Every code block that carries a file's name, a path in `directory`, is that file. Answers with the paths.
 */
export function assertShowsFiles(document, directory) {
  return [...readFileSync(document, 'utf8').matchAll(NAMED_BLOCK)].map(([, path, code]) => {
    assert.equal(code, readFileSync(join(directory, path), 'utf8'), `${document} shows ${path} as it was`);
    return path;
  });
}

/** What is run here is what the walk-through tells to run. */
export function assertTells(document, commands) {
  const lines = readFileSync(document, 'utf8')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, ''));
  for (const command of commands) assert.ok(lines.includes(command), `${document} does not tell: ${command}`);
}
