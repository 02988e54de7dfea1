// How a model is named: a name of the catalogue, `hf:owner/name[@revision]`, or a folder in Hugging Face layout.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { type ModelCatalogEntry, modelCatalog } from './catalog.ts';

export type ModelName =
  | { readonly kind: 'catalog'; readonly name: string; readonly entry: ModelCatalogEntry }
  | { readonly kind: 'hub'; readonly name: string; readonly repository: string; readonly revision: string }
  | { readonly kind: 'folder'; readonly name: string; readonly folder: string };

export function parseModelName(name: string): ModelName {
  if (Object.hasOwn(modelCatalog, name)) return { kind: 'catalog', name, entry: modelCatalog[name] as ModelCatalogEntry };
  if (name.startsWith('hf:')) {
    const parts = /^hf:([^@\s/]+\/[^@\s/]+)(?:@(\S+))?$/.exec(name);
    if (parts === null) throw new UserError(`model ${name}: expected hf:owner/name or hf:owner/name@revision`);
    return { kind: 'hub', name, repository: parts[1] as string, revision: parts[2] ?? 'main' };
  }
  const looksLikePath = name.includes('/') || name.includes('\\') || name === '.' || name === '..';
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory()) return { kind: 'folder', name, folder: resolve(name) };
  if (looksLikePath)
    throw new UserError(`model ${name}: no such folder; a repository of the hub is named hf:${name.replace(/^\.?\/+/, '')}`);
  throw new UserError(
    `model ${name}: unknown; did you mean ${nearest(name)}? Known are ${Object.keys(modelCatalog).join(', ')}, hf:owner/name and folders`,
  );
}

function nearest(name: string): string {
  const names = Object.keys(modelCatalog);
  return names.toSorted((a, b) => distance(name, a) - distance(name, b))[0] ?? 'hf:owner/name';
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
