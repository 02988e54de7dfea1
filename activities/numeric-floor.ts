// The step `numeric-floor`: how much of a number is the way it was computed. The logits of a clean pass, computed in two ways that
// should not matter; what separates them is noise that no experiment below it can see.
import { z } from 'zod';
import { COMPARISONS, type Comparison } from '../artifacts/floor-record.ts';
import { UserError } from '../formats/user-error.ts';
import type { LogitsRequest, PromptLogits } from '../models/engine.ts';
import { exportBeside } from '../models/exported/export-beside.ts';
import { type LogitDifference, logitDifference } from '../numerics/logit-difference.ts';
import { defineStep, type StepCall } from '../pipelines/step.ts';
import { floorDifferenceType, promptType } from './artifact-types.ts';
import { engineEnvironment, engineIdentity, engineParams, modelSource } from './model-params.ts';
import type { ModelOptions } from './services.ts';
import { describeAxis, groupUnits, readPrompts } from './units.ts';

const params = z.object({
  ...engineParams,
  comparisons: z
    .array(z.enum(COMPARISONS))
    .min(1)
    .default(['rounding', 'batch', 'threads', 'optimization'])
    .describe(
      'what is compared: rounding (inputs of Linears off by half a last bit, or not), batch (alone or in the largest batch), threads (one or all), optimization (of the graph, off or on), export (an exported graph beside the weights), device (the GPU and the CPU); float16, int8, int4 (other weights: no part of the floor)',
    ),
  limit: z.number().int().min(1).max(1_000_000).optional().describe('only the first so many prompts'),
});
type Params = z.output<typeof params>;

export const numericFloor = defineStep({
  name: 'numeric-floor',
  version: 1,
  summary: 'Computes the same logits in two ways: what separates them is the numeric floor',
  device: 'model',
  params,
  inputs: { prompts: { type: promptType, reads: 'each', description: 'token ids' } },
  outputs: { difference: floorDifferenceType },
  axes: { prompt: { from: 'prompts', limit: 'limit' }, comparison: { list: 'comparisons' } },
  // Together: every comparison is with the same logits, and each of the others opens the model in another way.
  shardUnits: 200,
  shardsAre: 'batches',
  // The export is compared with, and is no part of the engine.
  identity: (given, sources) => {
    const { exportBeside } = modelSource(sources, given.model);
    return { ...engineIdentity(given, sources), ...(exportBeside === undefined ? {} : { exportBeside }) };
  },
  environment: engineEnvironment('inject'),
  describe: (units) => `${[...new Set(units.map(({ comparison }) => comparison))].join(', ')} ${describeAxis(units, 'prompt')}`,
  async *run(call) {
    const byPrompt = new Map((await readPrompts(call.units)).map((given) => [given.prompt, given]));
    const baseline = new Map<number, Float32Array>();
    for await (const { prompt, logits } of logitsOf(call, [...byPrompt.values()], {})) baseline.set(prompt, logits);
    for (const units of groupUnits(call.units, ['comparison'])) {
      const way = await otherWay(call, units[0]!.coordinates.comparison as Comparison);
      const unitOf = new Map(units.map((unit) => [unit.coordinates.prompt as number, unit]));
      const prompts = [...unitOf.keys()].map((prompt) => byPrompt.get(prompt)!);
      const found = 'why' in way ? way : await compare(call, prompts, { way, baseline });
      for (const [prompt, unit] of unitOf) {
        const difference = 'why' in found ? { measured: false, ...found } : { measured: true, ...found.differences.get(prompt)! };
        yield { unit, outputs: { difference } };
      }
    }
  },
});

/** Of a float32 of size 1: what rounding it once may change. */
const HALF_LAST_BIT = 2 ** -24;

/** What is done otherwise than in the baseline. */
interface Way extends Partial<Omit<ModelOptions, 'signal'>> {
  readonly batch?: LogitsRequest['batch'];
  readonly scale?: number;
}
/** Why a comparison cannot be made here. */
interface Unmeasured {
  readonly why: string;
}

async function otherWay({ params, sources, services, signal }: StepCall<Params>, comparison: Comparison): Promise<Way | Unmeasured> {
  switch (comparison) {
    case 'rounding':
      return { scale: HALF_LAST_BIT };
    case 'batch':
      return { batch: 'most' };
    case 'threads':
      return { threads: 'other' };
    case 'optimization':
      return { optimization: 'off' };
    case 'export': {
      const exported = exportBeside(await services.modelFiles(modelSource(sources, params.model), 'engine', signal));
      return exported === undefined ? { why: 'no exported graph lies beside the weights' } : { exported };
    }
    case 'device':
      return { device: params.device === 'cuda' ? 'cpu' : 'cuda' };
    case 'float16':
    case 'int8':
    case 'int4':
      return comparison === params.precision ? { why: `${comparison} is the precision of this run` } : { precision: comparison };
  }
}

async function* logitsOf(
  { params: { model, precision, device }, sources, services, signal, progress }: StepCall<Params>,
  prompts: LogitsRequest['prompts'],
  { batch = 'one', scale = 0, ...options }: Way,
): AsyncGenerator<PromptLogits> {
  const session = await services.openModel(modelSource(sources, model), { precision, device, ...options, signal });
  yield* session.logits({ prompts, batch, scale }, { signal, progress: (note) => progress({ note }) });
}

interface Comparing {
  readonly way: Way;
  /** The logits of each prompt as they are computed by default. */
  readonly baseline: ReadonlyMap<number, Float32Array>;
}

async function compare(call: StepCall<Params>, prompts: LogitsRequest['prompts'], { way, baseline }: Comparing) {
  const differences = new Map<number, LogitDifference>();
  try {
    for await (const { prompt, logits, batch } of logitsOf(call, prompts, way)) {
      if (way.batch === 'most' && batch === 1) return { why: 'this graph runs one sequence at a time' };
      differences.set(prompt, logitDifference(baseline.get(prompt)!, logits));
    }
  } catch (error) {
    // The baseline ran, so it is the other device that is not there; anything else is an error.
    if (way.device !== undefined && error instanceof UserError) return { why: error.message };
    throw error;
  }
  return { differences };
}
