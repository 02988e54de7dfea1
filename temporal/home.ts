// Where a project keeps what it makes: `.tstar/` beside the nearest package.json, or in the working folder where there is none.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface HomePlace {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** The folder's path; it need not exist yet. TSTAR_HOME overrides. */
export function findHome({ env = process.env, cwd = process.cwd() }: HomePlace = {}): string {
  if (env.TSTAR_HOME) return resolve(cwd, env.TSTAR_HOME);
  return join(findProject(cwd), '.tstar');
}

/** The folder of the nearest package.json, or `cwd` where there is none. */
export function findProject(cwd: string): string {
  let folder = resolve(cwd);
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) return resolve(cwd);
    folder = parent;
  }
  return folder;
}
