// A mirror that is a folder on this disk: `OWNER/NAME/...` and `datasets/OWNER/NAME/...`, without revisions. Files are used
// where they lie and never changed; what the caller knows of them is checked.
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { checkBytes, checkSize } from './check-bytes.ts';
import { mirrorFolder } from './file-name.ts';
import type { HubFile } from './hub.ts';
import { Refusal, type Source } from './source.ts';

export function folderMirror(root: string): Source {
  const name = `mirror folder ${root}`;
  return {
    name,
    async locate(file) {
      await findFile(root, file);
      return name;
    },
    async fetchFile(file, { signal }) {
      const path = await findFile(root, file);
      if (file.sha256 === undefined) return { file: path, origin: name };
      return { file: path, origin: name, sha256: await checkReadable(path, file, signal) };
    },
    async listFiles(repository) {
      const folder = mirrorFolder(root, repository);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
      const sizes = await Promise.all(
        paths.map((path) =>
          stat(path).then(
            (found) => (found.isFile() ? found.size : null),
            () => null,
          ),
        ),
      );
      const files = paths.map((path, index) => ({ path: relative(folder, path).split(sep).join('/'), sizeBytes: sizes[index] ?? null }));
      const listed = files.flatMap(({ path, sizeBytes }) => (sizeBytes === null ? [] : [{ path, sizeBytes }]));
      if (listed.length === 0) throw new Refusal('absent', 'no such repository');
      return listed.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
}

async function findFile(root: string, file: HubFile): Promise<string> {
  const path = join(mirrorFolder(root, file), ...file.path.split('/'));
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw new Refusal('absent', 'no such file');
  checkSize(found.size, file.sizeBytes);
  return path;
}

/** A file without permission to read is as good as not there; the next source may have it. */
async function checkReadable(path: string, file: HubFile, signal: AbortSignal): Promise<string> {
  try {
    return await checkBytes(path, file, signal);
  } catch (cause) {
    const code = cause instanceof Error && 'syscall' in cause && 'code' in cause ? cause.code : undefined;
    throw code === undefined ? cause : new Refusal('absent', `${path} cannot be read (${code})`, { cause });
  }
}
