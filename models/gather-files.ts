// The folder that holds all files of a model. They lie in one where one source gave them; where some came from the cache and
// some lie in a mirror folder, they are gathered in a folder of their own: linked, so that no bytes are copied.
import { createHash } from 'node:crypto';
import { copyFile, link, rename, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { makeFolder } from '../hub/make-folder.ts';
import { withOwnPath } from '../hub/own-names.ts';

export interface PlacedFile {
  /** Relative to the model's folder, with `/`. */
  readonly path: string;
  /** Where it lies, absolute. */
  readonly file: string;
}

/** `hard` gives files second names (copies, on another disk): an export's weights must lie inside its folder, links followed. */
export type LinkKind = 'symbolic' | 'hard';

/** The new folder is made below `parent` and named after the places of its files. */
export async function gatherFiles(files: readonly PlacedFile[], parent: string, links: LinkKind = 'symbolic'): Promise<string> {
  const folders = [...new Set(files.map(({ path, file }) => folderAbove(path, file)))];
  if (folders.length === 1 && folders[0] !== null) return folders[0] as string;
  const name = createHash('sha256')
    .update(JSON.stringify([links, files]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(parent, `gathered-${name}`);
  await withOwnPath(`${folder}.partial`, async (temporary) => {
    for (const { path, file } of files) await place(file, join(temporary, ...path.split('/')), links);
    await rename(temporary, folder).catch((cause: NodeJS.ErrnoException) => {
      // Another process, or an earlier run, gathered the same files.
      if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
    });
  });
  return folder;
}

/** Null where the file goes by another name there. */
function folderAbove(path: string, file: string): string | null {
  const tail = `${sep}${path.split('/').join(sep)}`;
  return file.endsWith(tail) ? file.slice(0, -tail.length) : null;
}

async function place(file: string, target: string, links: LinkKind): Promise<void> {
  await makeFolder(dirname(target));
  if (links === 'symbolic') await symlink(file, target);
  else await link(file, target).catch(() => copyFile(file, target));
}
