#!/usr/bin/env node
// The command `tstar`: checks Node's version and that the build is there (npm ci makes it), then hands over to cli/main
// in its bundled form.
import { existsSync } from 'node:fs';
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
const main = new URL('../dist/command/main.js', import.meta.url);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tstar needs Node 20.19 or newer, this is ${process.version}. Install a current Node LTS.\n`);
  process.exit(2);
}
if (!existsSync(main)) {
  process.stderr.write('tstar is not built: dist/command/main.js is missing. Run `npm run build` (npm ci does it by itself).\n');
  process.exit(2);
}
// Compiled code is kept between commands where Node can (22.1 and newer): a start without it compiles all modules anew.
module.enableCompileCache?.();
await import(main.href);
