// The folder that holds all files of a model. They lie in one where one source gave them; where some came from the cache and
// some lie in a mirror folder, links to them are gathered in a folder of their own.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** `files` have different names; the new folder is made below `parent` and named after their places. */
export async function gatherFiles(files: readonly string[], parent: string): Promise<string> {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  if (folders.length === 1) return folders[0] as string;
  const name = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const folder = join(parent, `gathered-${name}`);
  const temporary = `${folder}.${randomUUID()}.partial`;
  await mkdir(temporary, { recursive: true });
  try {
    for (const file of files) await symlink(file, join(temporary, basename(file)));
    await rename(temporary, folder).catch((cause: NodeJS.ErrnoException) => {
      // Another process, or an earlier run, gathered the same files.
      if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}
