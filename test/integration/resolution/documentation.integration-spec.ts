import { readFileSync } from 'node:fs';

const DOCUMENT = readFileSync('docs/resolution.md', 'utf8');

describe('docs/resolution.md', () => {
  it.each(['passport', 'plain-guard', 'custom-domain'])('shows the example %s as it is tested', (name) => {
    const code = readFileSync(`test/integration/resolution/${name}.example.ts`, 'utf8');
    expect(DOCUMENT).toContain(`\`\`\`ts\n${code}\`\`\``);
  });
});
