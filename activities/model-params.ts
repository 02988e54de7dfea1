// What the model steps share: their params for the model and the machine, and what these stand for in keys.
import { z } from 'zod';
import { type Device, type ModelSession, PRECISIONS, type Precision, type Verb } from '../models/engine.ts';
import { numericEnvironment } from '../models/environment.ts';
import type { ForwardDeclaration } from '../models/graph/forward.ts';
import type { Json } from '../pipelines/plan.ts';
import type { ModelSource, Sources } from '../pipelines/sources.ts';
import type { StepCall } from '../pipelines/step.ts';

/** A model: catalogue name, `hf:owner/name[@revision]` or a folder. */
export const modelParam = z
  .string()
  .min(1)
  .describe('model: a catalogue name, hf:owner/name[@revision], or a folder')
  .meta({ source: 'model' });

/** Params of every step that runs a model. */
export const engineParams = {
  model: modelParam,
  precision: z
    .enum(PRECISIONS)
    .default('float32')
    .describe(
      'what the weights are rounded to: float16 all of them, int8 and int4 those of the layers’ Linears (blocks of 32); arithmetic is float32 in any case',
    ),
  device: z.enum(['cpu', 'cuda']).default('cpu').describe('where the model runs; cuda needs a worker with a GPU'),
};

/** Seed of every random number: noise and sampling are functions of it and of coordinates. */
export const seedParam = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(42).describe('seed of all noise and sampling');

export const noiseParam = z
  .enum(['shared', 'independent'])
  .default('shared')
  .describe('shared: the scales of a draw use the same normals; independent: each scale draws its own');

export const amplitudeParam = z
  .enum(['relative', 'absolute'])
  .default('relative')
  .describe('relative: a scale is in units of the std of the tensor that is disturbed; absolute: it is the std of the noise itself');

export interface EngineParams {
  readonly model: string;
  readonly precision: Precision;
  readonly device: Device;
}

/** The resolved model of a spec's name. */
export function modelSource(sources: Sources, name: string): ModelSource {
  const source = sources.models[name];
  if (source === undefined) throw new Error(`model ${name} was not resolved before compile`);
  return source;
}

/** In keys the model's engine digest stands for its name. */
export function engineIdentity({ model }: { readonly model: string }, sources: Sources): Record<string, Json> {
  return { model: modelSource(sources, model).digests.engine };
}

/** The numeric environment of one verb, or of what a spec declares at sites, for the resolved model. */
export function engineEnvironment(verb: Verb, declaration?: ForwardDeclaration): (params: EngineParams, sources: Sources) => Json {
  return ({ model, precision, device }, sources) => {
    const { config, exported } = modelSource(sources, model);
    const request = { verb, precision, device, ...(declaration === undefined ? {} : { declaration }) };
    return { ...numericEnvironment(exported ?? { config }, request) } as Json;
  };
}

/** Opens the session that a step's params name. */
export function openStepModel({
  params: { model, precision, device },
  sources,
  services,
  signal,
}: Pick<StepCall<EngineParams>, 'params' | 'sources' | 'services' | 'signal'>): Promise<ModelSession> {
  return services.openModel(modelSource(sources, model), { precision, device, signal });
}
