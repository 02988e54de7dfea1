// The models with references from PyTorch, opened in this process, and the references' deterministic stand-in for noise.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, tensorToFloat32 } from '../../formats/safetensors.ts';
import type { ModelFiles } from '../../models/engine.ts';
import type { NoiseFields } from '../../models/noise-field.ts';
import { inFixtures, inMirror, readJson } from '../mirror.ts';

export const TINY_MODELS = ['tiny-llama', 'tiny-qwen2-bf16', 'tiny-llama3-sharded', 'tiny-qwen3'] as const;

/** One prompt of a reference.json, as both kinds of files have it. */
export interface ReferencePrompt {
  readonly ids: readonly number[];
  readonly hiddenStd: number;
  readonly hiddenLast: ArrayLike<number>;
  readonly logitsLast: ArrayLike<number>;
  readonly everyLinear: { readonly scale: number; readonly hiddenLast: ArrayLike<number>; readonly logitsLast: ArrayLike<number> };
  readonly head: ReferenceHead & { readonly scale: number; readonly logitsLast: ArrayLike<number> };
}
export interface ReferenceHead {
  readonly alpha: number;
  readonly token: number;
  readonly kl: readonly number[];
  readonly prob: readonly number[];
  readonly bestTKl: number;
  readonly bestTKlContinuous: number;
}
export interface Reference {
  readonly tBase: number;
  readonly temperatures: readonly number[];
  readonly prompts: readonly ReferencePrompt[];
}

/** z[i] = sqrt(2) * sin(0.37 * (i + 1) * (site + 1)) in float64, stored as float32; `only` numbers every site alike (the head's reference is site 0). */
export function sineFields({ site: only, last }: { readonly site?: number; readonly last?: boolean } = {}): NoiseFields {
  return () => ({
    fill(site, offset, out) {
      const first = last === true ? 0 : offset;
      for (let i = 0; i < out.length; i++) out[i] = Math.SQRT2 * Math.sin(0.37 * (first + i + 1) * ((only ?? site.index) + 1));
    },
  });
}

export function modelFiles(folder: string): ModelFiles {
  const weights = readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort();
  return { folder, config: readJson(join(folder, 'config.json')), weights: weights.map((name) => join(folder, name)) };
}

export function tinyFiles(name: string): ModelFiles {
  return modelFiles(inMirror('fixtures', name));
}

interface TinyReference {
  t_base: number;
  temperatures: number[];
  prompts: {
    input_ids: number[];
    hidden_std: number;
    hidden_last: number[];
    logits_last: number[];
    every_linear: { scale: number; hidden_last: number[]; logits_last: number[] };
    head: {
      scale: number;
      logits_last: number[];
      alpha: number;
      token: number;
      kl: number[];
      prob: number[];
      best_t_kl: number;
      best_t_kl_continuous: number;
    };
  }[];
}

export function tinyReference(name: string): Reference {
  const raw = readJson<TinyReference>(inMirror('fixtures', name, 'reference.json'));
  return {
    tBase: raw.t_base,
    temperatures: raw.temperatures,
    prompts: raw.prompts.map(({ input_ids, hidden_std, hidden_last, logits_last, every_linear, head }) => ({
      ids: input_ids,
      hiddenStd: hidden_std,
      hiddenLast: hidden_last,
      logitsLast: logits_last,
      everyLinear: { scale: every_linear.scale, hiddenLast: every_linear.hidden_last, logitsLast: every_linear.logits_last },
      head: { ...head, logitsLast: head.logits_last, bestTKl: head.best_t_kl, bestTKlContinuous: head.best_t_kl_continuous },
    })),
  };
}

/** The converted SmolLM2-135M-Instruct, where TSTAR_TEST_SMOLLM2 names its folder. */
export const smollm2Folder = process.env.TSTAR_TEST_SMOLLM2 ?? '';
export const hasSmollm2 = smollm2Folder !== '' && existsSync(join(smollm2Folder, 'config.json'));

interface Smollm2Reference {
  tBase: number;
  temperatures: number[];
  prompts: { inputIds: number[]; hiddenStd: number; everyLinear: { scale: number }; head: ReferenceHead & { scale: number } }[];
}

export function smollm2Reference(): Reference {
  const raw = readJson<Smollm2Reference>(inFixtures('smollm2-reference.json'));
  const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(inFixtures('smollm2-reference.safetensors'))));
  const tensor = (name: string) => tensorToFloat32(tensors.get(name)!);
  return {
    ...raw,
    prompts: raw.prompts.map(({ inputIds, hiddenStd, everyLinear, head }, i) => ({
      ids: inputIds,
      hiddenStd,
      hiddenLast: tensor(`${i}.hidden_last`),
      logitsLast: tensor(`${i}.logits_last`),
      everyLinear: {
        ...everyLinear,
        hiddenLast: tensor(`${i}.every_linear.hidden_last`),
        logitsLast: tensor(`${i}.every_linear.logits_last`),
      },
      head: { ...head, logitsLast: tensor(`${i}.head.logits_last`) },
    })),
  };
}

export function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let greatest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs(a[i]! - b[i]!));
  return greatest;
}

export async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}
