// Tells that somebody wrote to a file, or put another in its place: its size, its identity and its time of change.
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelFiles } from './engine.ts';

/** Links are followed; empty where there is no file. */
export async function fileStamp(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found?.isFile() === true ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}` : '';
}

/** Of all files that a model is read from: its folder's, an export's with those beside it, and the weights where they lie. */
export async function modelStamp({ folder, weights, exported }: Pick<ModelFiles, 'folder' | 'weights' | 'exported'>): Promise<string> {
  const folders = [folder, ...(exported === undefined ? [] : [dirname(exported)])];
  const inside = await Promise.all(folders.map(async (each) => (await readdir(each)).map((name) => join(each, name))));
  const files = [...new Set([...inside.flat(), ...weights])].sort();
  return JSON.stringify(await Promise.all(files.map(async (file) => [file, await fileStamp(file)])));
}
