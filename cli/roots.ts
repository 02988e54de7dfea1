// The folders that specs may name when they come through the Temporal UI or from another client: TSTAR_ROOTS (separated by
// `,`), by default the project's folder; and the mirror folders, whose files anybody may name as `hf:owner/name` anyway.
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { isAddress } from '../hub/settings.ts';
import { findProject, type HomePlace } from '../temporal/home.ts';

export interface RootsPlace extends HomePlace {
  readonly mirrors: readonly string[];
}

/** Absolute, links resolved. */
export async function readRoots({ env = process.env, cwd = process.cwd(), mirrors }: RootsPlace): Promise<readonly string[]> {
  const named = (env.TSTAR_ROOTS ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const own = named.length === 0 ? [findProject(cwd)] : named.map((folder) => resolve(cwd, folder));
  const folders = await Promise.all(own.map(realFolder));
  const ofMirrors = await Promise.all(mirrors.filter((mirror) => !isAddress(mirror)).map((mirror) => realpath(mirror).catch(() => [])));
  return [...new Set([...folders, ...ofMirrors.flat()])];
}

async function realFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new UserError(`environment: TSTAR_ROOTS names ${folder}, which is no folder; make it or correct the setting`);
  return realpath(folder);
}
