const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { fileURLToPath } = require('node:url');
const { transformSync } = require('@swc/core');

/**
 * Lets this process require TypeScript source, compiled as Jest does it. Jest itself maps no `.js` to the `.ts` it
 * stands for in its global hooks, and does nothing for a process of its own that a suite starts with
 * `node --conditions=@parallax/source test/support/typescript-hook.cjs <file.ts> <arguments>`.
 *
 * @returns the way back
 */
exports.install = function install() {
  const resolve = Module._resolveFilename;
  const load = Module._extensions['.ts'];
  Module._resolveFilename = function (request, parent, ...rest) {
    // `import()` is compiled to `require`, which takes no URLs.
    if (request.startsWith('file:')) request = fileURLToPath(request);
    const ofSource = parent?.filename?.endsWith('.ts') && request.startsWith('.');
    return resolve.call(this, ofSource ? request.replace(/\.js$/, '.ts') : request, parent, ...rest);
  };
  Module._extensions['.ts'] = (module, filename) => {
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      swcrc: false,
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'commonjs' },
    });
    module._compile(code, filename);
  };
  return () => {
    Module._resolveFilename = resolve;
    if (load === undefined) delete Module._extensions['.ts'];
    else Module._extensions['.ts'] = load;
  };
};

if (require.main === module) {
  exports.install();
  process.argv.splice(1, 1);
  require(process.argv[1]);
}
