// Which files a spec may name. A spec that reaches a worker through the Temporal UI, or from any other client, names models
// and datasets below the worker's roots only; where links lead counts, not where they lie. The command line of the same
// project writes a grant for what its user names elsewhere.
import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type GrantedRequest, getGrant, putGrant } from '../artifacts/grants.ts';
import type { Store } from '../artifacts/store.ts';
import { catalog } from '../datasets/catalog.ts';
import { UserError } from '../formats/user-error.ts';
import { modelCatalog } from '../models/catalog.ts';
import type { RequestedSources } from '../pipelines/requested-sources.ts';

/** Models and datasets keep files in their folder and in folders in it (`onnx/`, `data/`). */
const FOLDERS_READ = 2;

/** A model or dataset that is named by a path. */
interface NamedPath {
  /** `model ../m`, for people. */
  readonly what: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface RootsOptions {
  /** Absolute folders, links resolved. */
  readonly roots: readonly string[];
  readonly store: Store;
  readonly request: GrantedRequest;
}

/** Throws a UserError for the first path that leads out of all roots, unless the command line has granted this very request. */
export async function checkRoots(requested: RequestedSources, { roots, store, request }: RootsOptions): Promise<void> {
  const named = namedPaths(requested);
  if (named.length === 0) return;
  const allowed = [...roots, ...(await getGrant(store, request))];
  const isAllowed = (target: string) => allowed.some((folder) => isInside(folder, target));
  for (const { what, path } of named) {
    // The same words whether it exists or not: what lies outside is nobody's business.
    if (!isAllowed(await realTarget(path))) throw refusal(what, `${path} lies`, roots);
    if (!(await linkTargets(path, FOLDERS_READ)).every(isAllowed)) throw refusal(what, 'a link in it leads', roots);
  }
}

function refusal(what: string, how: string, roots: readonly string[]): UserError {
  return new UserError(
    `${what}: ${how} outside of the folders that a spec may name here (${roots.join(', ')}); put the files into one of them, start the run with tstar run in the worker's project, or start the worker with TSTAR_ROOTS naming a folder above them`,
  );
}

/** Vouches for the paths that the user of this machine names, wherever they are. */
export async function grantPaths(requested: RequestedSources, { store, request }: Omit<RootsOptions, 'roots'>): Promise<void> {
  const named = namedPaths(requested).filter(({ path }) => existsSync(path));
  if (named.length === 0) return;
  const targets = await Promise.all(named.map(async ({ path }) => [await realTarget(path), ...(await linkTargets(path, FOLDERS_READ))]));
  await putGrant(store, request, [...new Set(targets.flat())].sort());
}

/**
 * What the relative paths among them mean here, by what the spec says: whoever serves the run has another working folder, and
 * files of the same names there.
 */
export function pathsHere(requested: RequestedSources): ReadonlyMap<string, string> {
  const relativePaths = namedPaths(requested).filter(({ name, path }) => !isAbsolute(name) && existsSync(path));
  return new Map(relativePaths.map(({ name, path }) => [name, path]));
}

function namedPaths({ models, datasets }: RequestedSources): readonly NamedPath[] {
  const ofModels = models.filter((name) => !Object.hasOwn(modelCatalog, name)).map((name) => ({ kind: 'model', name }));
  const ofDatasets = datasets
    .flatMap(({ preference }) => preference)
    .filter((name) => !Object.hasOwn(catalog, name))
    .map((name) => ({ kind: 'dataset', name }));
  return [...ofModels, ...ofDatasets]
    .filter(({ name }) => !name.startsWith('hf:') && (/[/\\.]/.test(name) || existsSync(name)))
    .map(({ kind, name }) => ({ what: `${kind} ${name}`, name, path: resolve(name) }));
}

/** Where the links lead that lie in the folder or in folders in it; none where `path` is a file. */
async function linkTargets(folder: string, depth: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const targets = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) return [await realTarget(path), ...(depth > 1 ? await linkTargets(path, depth - 1) : [])];
      return entry.isDirectory() && depth > 1 ? linkTargets(path, depth - 1) : [];
    }),
  );
  return targets.flat();
}

/** The path with its links resolved, as far down as it exists and can be looked at. */
async function realTarget(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || dirname(path) === path) return real ?? path;
  return join(await realTarget(dirname(path)), basename(path));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
