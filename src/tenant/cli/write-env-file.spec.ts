import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEnvFile } from './write-env-file.js';

describe(writeEnvFile.name, () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'env-'));
    path = join(directory, '.env');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('makes the file, readable by its owner alone', () => {
    writeEnvFile(path, { A: '1', B: '2' });
    expect(readFileSync(path, 'utf8')).toBe('A=1\nB=2\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('replaces its own variables and keeps everything else', () => {
    writeFileSync(path, '# mine\nA=old\nexport B = old\nAA=kept\n#A=comment\n', { mode: 0o644 });
    writeEnvFile(path, { A: '1', B: '2' });
    expect(readFileSync(path, 'utf8')).toBe('# mine\nAA=kept\n#A=comment\nA=1\nB=2\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
