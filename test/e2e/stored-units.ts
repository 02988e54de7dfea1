// What lies in a project's store, read as files without the product: units, their objects' bytes, what should not be there.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Project } from './command.ts';

interface StoredUnit {
  readonly key: string;
  readonly components: { readonly step: string };
  readonly outputs: Record<string, { readonly digest: string }>;
}

/** Key and output digests of every unit, sorted; an object that is missing or hashes to something else is named instead. */
export function storedUnits(project: Project): string[] {
  return manifests(project)
    .map(({ key, components, outputs }) => {
      const digests = Object.entries(outputs).map(([name, { digest }]) => `${name}=${digestOf(project, digest)}`);
      return `${components.step} ${key} ${digests.sort().join(' ')}`;
    })
    .sort();
}

/** How many units have this object among their outputs. */
export function unitsNaming(project: Project, digest: string): number {
  return manifests(project).filter(({ outputs }) => Object.values(outputs).some((output) => output.digest === digest)).length;
}

/** All that was written under a name of its own before its rename, and leases that nobody holds any more. */
export function temporaryFiles(project: Project): string[] {
  return files(homeOf(project))
    .filter((path) => /\.(tmp|partial|new|lease)/.test(path))
    .map((path) => relative(homeOf(project), path));
}

export function objectFiles(project: Project): string[] {
  return files(join(homeOf(project), 'objects')).filter((path) => !path.includes('/.tmp-'));
}

export function homeOf({ env }: Project): string {
  return env.TSTAR_HOME!;
}

function manifests(project: Project): StoredUnit[] {
  return files(join(homeOf(project), 'manifests'))
    .filter((path) => path.endsWith('.json'))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

function digestOf(project: Project, digest: string): string {
  const path = join(homeOf(project), 'objects', digest.slice(0, 2), digest.slice(2));
  try {
    const found = createHash('sha256').update(readFileSync(path)).digest('hex');
    return found === digest ? digest : `${digest} is corrupt`;
  } catch {
    return `${digest} is missing`;
  }
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return []; // Not made yet, or a temporary file was renamed while we looked.
  }
}
