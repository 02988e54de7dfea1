// The graph that somebody exported and that lies beside a model's own weights: both can compute the same model.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFiles } from '../engine.ts';
import { GRAPHS } from './export-layout.ts';

/** Its path; undefined where there is none, or where the model is nothing but an export. */
export function exportBeside({ folder, exported }: ModelFiles): string | undefined {
  return exported === undefined ? GRAPHS.map((graph) => join(folder, graph)).find((file) => existsSync(file)) : undefined;
}
