import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Sets variables in a `.env` file, keeps its other lines, and lets only the owner read it: it holds passwords. */
export function writeEnvFile(path: string, variables: Readonly<Record<string, string>>): void {
  const names = Object.keys(variables).join('|');
  const replaced = new RegExp(`^\\s*(export\\s+)?(${names})\\s*=`);
  const before = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  const kept = before.filter((line) => !replaced.test(line));
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const text = [...kept, ...lines].join('\n').trimStart();
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  chmodSync(path, 0o600); // a file that was there kept its mode
}
