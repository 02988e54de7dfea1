// Bundles the page's script: one small file without imports that build.ts puts into every page.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function buildBrowser(outFile) {
  await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'main.ts')],
    outfile: outFile,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome123', 'firefox121', 'safari17'],
    charset: 'utf8',
    logLevel: 'warning',
  });
}
