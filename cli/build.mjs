// Bundles the command: a few files load faster than some hundred. The small packages that most commands need go into
// them; large and native ones stay where they are installed, and load with their first use. What a step of one's own imports
// (`tstar/step`) is made in the same go, so that both share one copy of every module.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** Loaded by nearly every command, and small; of zod only what is used goes in. */
const BUNDLED = ['commander', 'picomatch', 'yaml', 'yauzl', 'zod'];

/** From the compiled modules in `dist` into `dist/command`: main.js and step-api.js, and what they share or load later. */
export async function bundleCommand(dist) {
  const { dependencies } = JSON.parse(await readFile(join(dist, '../package.json'), 'utf8'));
  const outdir = join(dist, 'command');
  await build({
    entryPoints: { main: join(dist, 'cli/main.js'), 'step-api': join(dist, 'activities/step-api.js') },
    outdir,
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['tstar', ...Object.keys(dependencies).filter((name) => !BUNDLED.includes(name))],
    // CommonJS packages ask for Node's own modules by `require`.
    banner: { js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);" },
    plugins: [
      { name: 'own-places', setup: (bundler) => keepPlaces(bundler, dist, outdir) },
      { name: 'english-only', setup: leaveOutLocales },
    ],
    charset: 'utf8',
    logLevel: 'warning',
  });
}

/** A module that finds files beside itself goes on to look there, not beside the bundle: `import.meta` becomes a constant of its own. */
function keepPlaces(bundler, dist, outdir) {
  bundler.onLoad({ filter: /\.js$/ }, async ({ path }) => {
    if (!path.startsWith(dist)) return undefined;
    const code = await readFile(path, 'utf8');
    if (!code.includes('import.meta')) return undefined;
    const place = JSON.stringify(relative(outdir, path));
    const meta = [
      "import { dirname as folderOfModule } from 'node:path';",
      "import { fileURLToPath as pathOfModule } from 'node:url';",
      `const moduleUrl = new URL(${place}, import.meta.url);`,
      'const ownMeta = { url: moduleUrl.href, filename: pathOfModule(moduleUrl), dirname: folderOfModule(pathOfModule(moduleUrl)) };',
    ];
    return { contents: [...meta, code.replaceAll('import.meta', 'ownMeta')].join('\n'), loader: 'js' };
  });
}

/** Messages are in English: zod's other languages are 300 kB that every start would read. */
function leaveOutLocales(bundler) {
  bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
    contents: "export { default as en } from './en.js';",
    loader: 'js',
  }));
}
