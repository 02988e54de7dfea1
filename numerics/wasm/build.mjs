// Compiles the noise kernel (assembly/noise.ts) to WebAssembly. The project's build calls it; the output is derived and
// ignored by git. SIMD on, no runtime, no imports from the host.
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Writes the kernel to `outFile` (absolute or relative to the working folder). Throws with the compiler's messages.
 * @param {string} outFile
 * @returns {Promise<void>}
 */
export async function buildKernel(outFile) {
  const { main } = await import('assemblyscript/asc');
  const target = resolve(outFile);
  await mkdir(dirname(target), { recursive: true });
  const { error, stderr } = await main([
    join('assembly', 'noise.ts'),
    '--baseDir',
    here,
    '--outFile',
    relative(here, target),
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '0',
    '--converge',
    '--noAssert',
    '--enable',
    'simd',
    '--runtime',
    'stub',
    '--use',
    'abort=',
    '--initialMemory',
    '5',
  ]);
  if (error) throw new Error(`The noise kernel does not compile:\n${stderr}`, { cause: error });
}
