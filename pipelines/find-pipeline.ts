// PIPELINE on the command line is a file, or the name of a pipeline that ships beside this module. A worker that is asked
// for a name (Temporal's form) reads shipped ones only: a name can lead to no other file.
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../formats/user-error.ts';
import { MAX_SPEC_LETTERS } from './limits.ts';
import { nearestName } from './nearest-name.ts';
import { type Parsed, parseSpec } from './parse.ts';

/** tsc and the build script copy the YAML files beside the compiled module. */
const SHIPPED = new URL('./', import.meta.url);

/** A letter takes up to four bytes. */
const MAX_SPEC_BYTES = 4 * MAX_SPEC_LETTERS;

/** Names of the shipped pipelines, sorted. */
export async function listPipelines(): Promise<readonly string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** A file or a shipped name, parsed; `shipped` where it is the latter. */
export async function findPipeline(pipeline: string): Promise<Parsed & { readonly shipped: boolean }> {
  if (/[/\\]|\.ya?ml$/.test(pipeline)) return { ...parseSpec(await readPipelineFile(pipeline), pipeline), shipped: false };
  return { ...(await readShippedPipeline(pipeline)), shipped: true };
}

export async function readShippedPipeline(name: string): Promise<Parsed> {
  const names = await listPipelines();
  if (!names.includes(name)) {
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new UserError(
      `there is no pipeline ${JSON.stringify(name.slice(0, 80))}${hint} (pipelines: ${names.join(', ')}; or a path such as ./my-pipeline.yaml)`,
    );
  }
  const path = fileURLToPath(new URL(`${name}.yaml`, SHIPPED));
  return parseSpec(await readFile(path, 'utf8'), `${name}.yaml`);
}

async function readPipelineFile(path: string): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    // Piece by piece: a device has no end.
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_SPEC_BYTES) throw new UserError(`${path} has more than ${MAX_SPEC_BYTES} bytes: that is no pipeline`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const what =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'this is a folder' : `it cannot be read (${String(code)})`;
    throw new UserError(`${path}: ${what}; name a pipeline file, or a shipped pipeline (${(await listPipelines()).join(', ')})`, { cause });
  }
}
