// A small text file of a model, read whole: what is no file, too large or not to be read is the user's, one line that names it.
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../formats/user-error.ts';

/** Far above any real tokenizer.json (the largest published have some 35 MB). */
const MAX_TEXT_BYTES = 500_000_000;

/** Undefined where there is no such file. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    // A pipe would be waited for without end.
    if (!found.isFile()) throw new UserError(`${file}: is not a file`);
    if (found.size > MAX_TEXT_BYTES) throw new UserError(`${file}: ${found.size} bytes, at most ${MAX_TEXT_BYTES} are read`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UserError(`${file}: cannot be read (${code ?? message})`, { cause });
  }
}
