// mkdir -p in the folder of downloads, one folder at a time: Node's own recursive mkdir never returns where a folder that is
// there refuses a new one with ENOENT, as /proc does.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../formats/user-error.ts';

export async function makeFolder(folder: string): Promise<void> {
  const code = await makeOne(folder);
  if (code === undefined || (code === 'EEXIST' && (await isFolder(folder)))) return;
  const above = dirname(folder);
  if (code !== 'ENOENT' || above === folder) throw refused(folder, code);
  await makeFolder(above);
  const again = await makeOne(folder);
  if (again !== undefined && again !== 'EEXIST') throw refused(folder, again);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The code of what went wrong. */
async function makeOne(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function refused(folder: string, code: string): UserError {
  return new UserError(`${folder}: cannot be made (${code}); set TSTAR_CACHE to another folder`);
}
