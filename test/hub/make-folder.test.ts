// Folders of downloads are made one after the other; what is in the way is named with what to set instead.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '../../hub/make-folder.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tstar-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('makes what is missing above, and leaves what is there', async () => {
  const deep = join(folder, 'a/b/c');
  await makeFolder(deep);
  await makeFolder(deep);
  expect((await stat(deep)).isDirectory()).toBe(true);
});

it.each(['', '/below'])('names a file that is in the way%s', async (below) => {
  const file = join(folder, 'models');
  await writeFile(file, 'f');
  await expect(makeFolder(`${file}${below}`)).rejects.toThrow(
    /models(\/below)?: cannot be made \(E\w+\); set TSTAR_CACHE to another folder/,
  );
});
