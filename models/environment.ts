// The numeric environment of a verb: what of the machinery may change a result's bits, and so belongs into every key. From
// config.json (or an exported graph's digest) alone, before anything is downloaded, and without loading the native library.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Device, NumericEnvironment, Precision, Verb } from './engine.ts';
import { refusePrecision } from './exported/export-precision.ts';
import { buildDecodeLoop } from './graph/decode-loop.ts';
import type { ForwardDeclaration } from './graph/forward.ts';
import type { BuiltGraph } from './graph/graph-builder.ts';
import { INSTRUMENT_VERSION } from './graph/instrument.ts';
import { type ModelConfig, parseModelConfig } from './graph/model-config.ts';
import { buildPrefill } from './graph/prefill.ts';
import { buildTiltedSums } from './graph/tilted-sums.ts';
import { buildVerbGraph } from './graph/verb-graphs.ts';
import { atPrecision } from './graph/weight-precision.ts';
import { declaredWeights } from './graph/weights.ts';

export interface EnvironmentRequest {
  readonly verb: Verb;
  /** What is captured or disturbed, where that is the spec's choice: then it is the graph. */
  readonly declaration?: ForwardDeclaration;
  readonly precision: Precision;
  readonly device: Device;
}

/** What a verb's graph follows from: a parsed config.json, or the SHA-256 of an exported graph. */
export type GraphOrigin = { readonly config: unknown } | { readonly graph: string };

export function numericEnvironment(origin: GraphOrigin, { verb, declaration, precision, device }: EnvironmentRequest): NumericEnvironment {
  if (!('config' in origin)) refusePrecision(precision);
  return {
    precision,
    provider: device,
    // Sessions are started with NVIDIA_TF32_OVERRIDE=0.
    tf32: false,
    onnxruntime: runtimeVersion(),
    graph:
      'config' in origin
        ? graphDigest(atPrecision(parseModelConfig(origin.config), precision), declaration ?? verb)
        : exportedDigest(origin.graph, verb),
  };
}

/** SHA-256 of what a verb computes, without weights: the same wherever they lie and whatever precision they are published in. */
function graphDigest(config: ModelConfig, verb: Verb | ForwardDeclaration): string {
  const origin = JSON.stringify([config, verb]);
  const known = digests.get(origin);
  if (known !== undefined) return known;
  const found = verbGraphs(config, verb).map(({ digest }) => digest);
  const digest = found.length === 1 ? found[0]! : createHash('sha256').update(found.join('\n')).digest('hex');
  digests.set(origin, digest);
  return digest;
}

/** A graph takes tens of milliseconds to build, and the steps of a pipeline share a few of them. */
const digests = new Map<string, string>();

/** An export's bytes are known before its weights are there; what the surgery makes of them follows from its version. */
function exportedDigest(graph: string, verb: Verb): string {
  return createHash('sha256').update(`exported ${INSTRUMENT_VERSION} ${verb} ${graph}`).digest('hex');
}

function verbGraphs(config: ModelConfig, verb: Verb | ForwardDeclaration): BuiltGraph[] {
  if (verb === 'captureSites') throw new Error('captureSites runs the graph that is declared');
  if (verb === 'generate') return [buildPrefill(config, declaredWeights), buildDecodeLoop(config, declaredWeights)];
  const graph = buildVerbGraph(config, declaredWeights, verb);
  return verb === 'score' ? [graph, buildTiltedSums(config.vocabSize)] : [graph];
}

let version: string | undefined;
function runtimeVersion(): string {
  version ??= (
    JSON.parse(readFileSync(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'), 'utf8')) as { version: string }
  ).version;
  return version;
}
