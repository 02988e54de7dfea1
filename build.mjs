// npm run build (npm ci runs it as `prepare`): the noise kernel, the page's script, dist/ with its data files, the command
// and the workflow bundle. Everything it writes is derived and ignored by git.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

const { buildKernel } = await import('./numerics/wasm/build.mjs');
const { buildBrowser } = await import('./dashboards/browser/build.mjs');
const { bundleCommand } = await import('./cli/build.mjs');
await buildKernel(join(root, 'numerics/wasm/noise.wasm'));
await buildBrowser(join(root, 'dashboards/browser/bundle.js'));

await rm(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' });

// Files that modules find beside themselves.
const data = [
  'numerics/wasm/noise.wasm',
  'dashboards/browser/bundle.js',
  'cli/starter.yaml',
  ...(await listed('pipelines', /\.(yaml|json)$/)),
  ...(await listed('datasets', /\.(parquet|jsonl)$/)),
];
for (const file of data) {
  await mkdir(dirname(join(dist, file)), { recursive: true });
  await cp(join(root, file), join(dist, file));
}

await bundleCommand(dist);
const { bundleWorkflows } = await import('./dist/temporal/bundle.js');
await bundleWorkflows(join(dist, 'workflows/bundle.js'));

async function listed(folder, pattern) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}
