// Steps of one's own: modules that the setting TSTAR_STEPS names are imported beside the catalogue. Only who starts a command or
// a worker names them; a spec can but use a step by its name. The code of such a step is part of its keys: the file and what it
// imports by relative path, so that an edit computes its units again. Packages are not: raise `version` for them.
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { type Digest, digestOf } from '../artifacts/digest.ts';
import { UserError } from '../formats/user-error.ts';
import { KEBAB_PATTERN } from '../pipelines/spec.ts';
import { activityName, type StepDefinition } from '../pipelines/step.ts';

/** The activities of every run: a step must not take their place. */
const RUN_ACTIVITIES = ['planPipeline', 'lookUpUnits', 'finishRun'];
const MAX_FILES = 1000;

const isFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'is no function');
const artifactSchema = z.object({ name: z.string().min(1), encode: isFunction, decode: isFunction });
const definitionSchema = z.object({
  name: z.string().regex(KEBAB_PATTERN, 'is no name in kebab-case'),
  version: z.number().int().min(1),
  summary: z.string().min(1),
  device: z.enum(['light', 'model']),
  params: z.custom<z.ZodObject>((value) => value instanceof z.ZodObject, 'is no zod object (z of tstar/step)'),
  inputs: z.record(z.string(), z.object({ type: artifactSchema, reads: z.enum(['each', 'all']), description: z.string() })),
  outputs: z.record(z.string(), artifactSchema),
  axes: z.record(z.string(), z.record(z.string(), z.unknown())),
  shardUnits: z.number().int().min(1),
  addedParams: z.record(z.string(), z.json()).optional(),
  run: isFunction,
});

/** The catalogue and the steps of the modules, in this order. Throws a UserError that names the module. */
export async function loadSteps(files: readonly string[], catalogue: readonly StepDefinition[]): Promise<readonly StepDefinition[]> {
  const known = [...catalogue];
  for (const file of files)
    for (const step of await loadModule(resolve(file))) {
      const taken = known.find(({ name }) => activityName(name) === activityName(step.name))?.name;
      if (taken !== undefined || RUN_ACTIVITIES.includes(activityName(step.name)))
        throw new UserError(`${file}: there is a step ${taken ?? step.name} already; give yours another name`);
      known.push(step);
    }
  return known;
}

/** The step modules that an environment names: files, separated by commas. */
export function stepModules({ TSTAR_STEPS = '' }: Readonly<Record<string, string | undefined>>): readonly string[] {
  return TSTAR_STEPS.split(',')
    .map((file) => file.trim())
    .filter((file) => file !== '');
}

async function loadModule(file: string): Promise<readonly StepDefinition[]> {
  const code = await codeDigest(file);
  const found = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    throw new UserError(`${file}: the step module cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const steps = Object.entries(found as Readonly<Record<string, unknown>>).filter(([, value]) => looksLikeStep(value));
  if (steps.length === 0) throw new UserError(`${file}: exports no step; export const myStep = defineStep({ name: ..., run: ... })`);
  return steps.map(([name, value]) => ({ ...checked(value, `${file}: ${name}`), code }));
}

function looksLikeStep(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && 'run' in value;
}

function checked(value: unknown, place: string): StepDefinition {
  const parsed = definitionSchema.safeParse(value);
  if (parsed.success) return value as StepDefinition;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new UserError(`${place} is no step: ${problems.join('; ')}; docs/write-a-step.md shows one`);
}

/** SHA-256 over the files of a module, by their paths beside it. */
async function codeDigest(entry: string): Promise<Digest> {
  const files = new Map<string, Digest>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    // What is no file is the module loader's to report.
    if (text === undefined) continue;
    if (files.size === MAX_FILES) throw new UserError(`${entry} imports more than ${MAX_FILES} files of its own: that is no step module`);
    files.set(file, digestOf(text));
    open.push(...relativeImports(text).map((name) => resolve(dirname(file), name)));
  }
  const names = Object.fromEntries([...files].map(([file, digest]) => [relative(dirname(entry), file), digest]));
  return digestOf(canonicalJson(names));
}

/** Every text behind `from`, `import` or `require` that begins with a dot; one in a comment only adds a file. */
function relativeImports(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"]+)\1/g)].map((match) => match[2]!);
}
