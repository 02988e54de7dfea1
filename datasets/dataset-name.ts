// What a dataset's name in a spec stands for: an entry of the catalogue (`gsm8k`), a dataset repository on the hub
// (`hf:owner/name`, `hf:owner/name/config`), or a Parquet file or folder on this disk (`./questions.parquet`).
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { type CatalogEntry, catalog } from './catalog.ts';

export type DatasetName =
  | { readonly kind: 'catalog'; readonly name: string; readonly entry: CatalogEntry }
  | { readonly kind: 'hub'; readonly name: string; readonly repository: string; readonly config: string | undefined }
  | { readonly kind: 'disk'; readonly name: string; readonly path: string };

export function parseDatasetName(text: string): DatasetName {
  const entry = Object.hasOwn(catalog, text) ? catalog[text] : undefined;
  if (entry !== undefined) return { kind: 'catalog', name: text, entry };
  if (text.startsWith('hf:')) return parseHubName(text);
  // A worker may run in another folder: from here on the path is absolute.
  if (looksLikePath(text)) return { kind: 'disk', name: resolve(text), path: resolve(text) };
  const known = Object.keys(catalog);
  const near = nearestName(text, known);
  throw new UserError(
    `dataset ${JSON.stringify(text)}: unknown${near === undefined ? '' : `, did you mean ${near}`}? Known are ${known.join(', ')}, hf:OWNER/NAME[/CONFIG], or the path of a Parquet file or folder`,
  );
}

function parseHubName(text: string): DatasetName {
  const [, repository, config] = /^hf:([\w.-]+\/[\w.-]+)(?:\/([\w.-]+))?$/.exec(text) ?? [];
  if (repository === undefined) throw new UserError(`dataset ${JSON.stringify(text)}: expected hf:OWNER/NAME or hf:OWNER/NAME/CONFIG`);
  return { kind: 'hub', name: text, repository, config };
}

function looksLikePath(text: string): boolean {
  return /[/\\]/.test(text) || text.endsWith('.parquet') || text === '.' || text === '..' || existsSync(text);
}

/** The known name that the fewest typing slips lead to, if they are few for its length. */
export function nearestName(text: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, slips: editDistance(text.toLowerCase(), name) })).sort((a, b) => a.slips - b.slips);
  const best = ranked[0];
  return best !== undefined && best.slips <= Math.max(2, best.name.length / 3) ? best.name : undefined;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const substituted = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
