// What manifests and run records say about where and with what a number was made. Never part of a key.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../pipelines/plan.ts';

const require = createRequire(import.meta.url);
let known: { readonly machine: Record<string, Json>; readonly versions: Record<string, string> } | undefined;

/** Processor, its vector instructions, cores and memory. */
export function machine(): Record<string, Json> {
  return facts().machine;
}

/** Versions of what computes. */
export function versions(): Record<string, string> {
  return facts().versions;
}

function facts() {
  known ??= {
    machine: {
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      instructions: vectorInstructions(),
    },
    versions: {
      tstar: packageVersion('../package.json', '../../package.json'),
      node: process.versions.node,
      onnxruntime: packageVersion('onnxruntime-node/package.json'),
      transformers: installedVersion('@huggingface/transformers'),
      temporal: packageVersion('@temporalio/worker/package.json'),
    },
  };
  return known;
}

/** The vector extensions that decide which kernels a math library picks (Linux says them; elsewhere unknown). */
function vectorInstructions(): string {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(/\s+/) ?? [];
    return flags.filter((flag) => /^(avx|fma|amx|sse4_2)/.test(flag)).join(' ');
  } catch {
    return 'unknown';
  }
}

/** Of a package that hides its package.json from `require`. */
function installedVersion(name: string): string {
  return packageVersion(...(require.resolve.paths(name) ?? []).map((folder) => join(folder, name, 'package.json')));
}

function packageVersion(...candidates: readonly string[]): string {
  for (const candidate of candidates) {
    try {
      return (require(candidate) as { version: string }).version;
    } catch {
      // Packages may hide package.json, and dist/ lies one folder deeper than the sources: the next candidate.
    }
  }
  return 'unknown';
}
