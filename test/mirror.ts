// Where tests find real questions, the tiny models and their references: the product's own setting TSTAR_MIRRORS.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const mirror = (process.env.TSTAR_MIRRORS ?? '').split(',')[0]!.trim();

/** False where no mirror folder is configured; tests then skip and say so. */
export const hasMirror = mirror !== '' && existsSync(join(mirror, 'fixtures/tiny-llama/reference.json'));
export const NO_MIRROR = 'TSTAR_MIRRORS names no mirror folder with the fixture models';

/** A path in the mirror. */
export function inMirror(...parts: readonly string[]): string {
  return join(mirror, ...parts);
}

/** A file of the folder of references beside the mirror. */
export function inFixtures(...parts: readonly string[]): string {
  return resolve(mirror, '../fixtures', ...parts);
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
