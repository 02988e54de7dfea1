// `tstar init`: a commented pipeline to start from, named after its file. Never writes over what is there.
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { KEBAB_PATTERN } from '../pipelines/spec.ts';
import { log } from './workplace.ts';
import { writeNew } from './write-file.ts';

const NAME = 'my-experiment';

export async function init(file = `${NAME}.yaml`): Promise<number> {
  // A line break would end the comments that name the file.
  if (!/^[^\p{Cc}]+\.ya?ml$/u.test(file))
    throw new UserError(`${JSON.stringify(file)} is no name of a pipeline file: it ends in .yaml, such as ${NAME}.yaml`);
  const path = resolve(file);
  const starter = await readFile(new URL('./starter.yaml', import.meta.url), 'utf8');
  await writeNew(path, starter.replaceAll(NAME, pipelineName(path)).replaceAll('FILE', shown(file)));
  process.stdout.write(`${path}\n`);
  log(`next: tstar run ${shown(file)}`);
  return 0;
}

/** The file's own name where it is one for pipelines. */
function pipelineName(path: string): string {
  const name = basename(path).replace(/\.ya?ml$/, '');
  return KEBAB_PATTERN.test(name) && name.length <= 64 ? name : NAME;
}

/** A shell takes it as one word. */
function shown(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}
