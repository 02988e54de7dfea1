// An open model inside one process: what its verbs need to know of it and, on demand, the session of each verb's graph. The
// verbs take it as an argument; the session process holds one, tests open their own.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuseBrokenWeights } from './broken-weights.ts';
import type { EngineOptions, GenerateRequest, Generation, ModelFiles, Precision } from './engine.ts';
import { refusePrecision } from './exported/export-precision.ts';
import { openExportedEngine } from './exported/exported-engine.ts';
import { withFiniteOutputs } from './finite-outputs.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { type ForwardDeclaration, promptFeeds } from './graph/forward.ts';
import type { BuiltGraph } from './graph/graph-builder.ts';
import { EMBEDDING } from './graph/layers.ts';
import { parseModelConfig } from './graph/model-config.ts';
import { linearSites, listSites, type Site } from './graph/sites.ts';
import { buildVerbGraph, type ForwardVerb } from './graph/verb-graphs.ts';
import { atPrecision } from './graph/weight-precision.ts';
import { readWeights } from './graph/weights.ts';
import { keepOneVerb } from './keep-one-verb.ts';
import { keepSessions } from './kept-sessions.ts';
import { refuseBeyondMemory } from './opening-memory.ts';
import { type Feeds, type GraphSession, openGraphSession } from './runtime/session.ts';

export interface ForwardEngine {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** The inputs of all Linears, in module order. */
  readonly linears: readonly Site[];
  /** All sites, in the order of a pass. */
  readonly sites: readonly Site[];
  /** How many scales of a draw run as one batch without changing each other's bits. */
  readonly maxScales: number;
  /** What a pass over a prompt is fed, but for noise. */
  promptFeeds(ids: readonly number[]): Feeds;
  /** Opens a graph over the model's weights; its caller closes it. */
  open(built: BuiltGraph): Promise<GraphSession>;
  /** The session of a verb's graph, or of a declared one, opened at the first call; that of another graph is closed (their packed weights would add up). */
  session(graph: ForwardVerb | ForwardDeclaration): Promise<GraphSession>;
  generate(request: GenerateRequest, options: GenerateOptions): AsyncGenerator<Generation>;
  close(): Promise<void>;
}

/** What a verb is told from outside while it runs. */
export interface VerbControl {
  readonly progress?: (note: string) => void;
}

export async function openForwardEngine(files: ModelFiles, { precision, device, ...way }: EngineOptions): Promise<ForwardEngine> {
  if (files.exported === undefined) return openBuiltEngine(files, precision, { device, ...way });
  refusePrecision(precision);
  return openExportedEngine(files.folder, files.exported, { device, ...way });
}

/** Where and how a session computes. */
export type Machine = Omit<EngineOptions, 'precision'>;

/** Beyond this a batch gains no speed, and own noise for each scale (60 MB at 100 tokens) would fill the memory. */
const MAX_SCALES = 8;

async function openBuiltEngine(files: ModelFiles, precision: Precision, machine: Machine): Promise<ForwardEngine> {
  const config = atPrecision(parseModelConfig(files.config, join(files.folder, 'config.json')), precision);
  const weights = await readWeights(files.weights);
  const sizeBytes = await totalBytes(files.weights);
  const { dtype } = weights(EMBEDDING, [config.vocabSize, config.hiddenSize]);
  const weightBytes = dtype === 'float32' ? 4 : 2;
  refuseBeyondMemory(files.folder, { weightCount: sizeBytes / weightBytes, weightBytes, precision });
  const open = async ({ bytes }: BuiltGraph) =>
    withFiniteOutputs(await openGraphSession({ bytes, folder: dirname(files.weights[0]!), sizeBytes, ...machine }), files);
  const verbs = keepOneVerb((graph) => open(buildVerbGraph(config, weights, graph)));
  let lookedAt: Promise<void> | undefined;
  const generation = keepSessions(open, sizeBytes <= KEEP_BOTH_BYTES ? 2 : 1);
  return {
    hiddenSize: config.hiddenSize,
    vocabSize: config.vocabSize,
    linears: linearSites(config),
    sites: listSites(config),
    maxScales: MAX_SCALES,
    promptFeeds: (ids) => promptFeeds(config, ids),
    open,
    // Generation has two graphs of its own; what it and the other verbs left open would only take each other's memory.
    async session(graph) {
      await generation.closeIdle();
      return verbs.session(graph);
    },
    async *generate(request, options) {
      await verbs.close();
      for await (const generated of generate({ config, weights, open: generation.open }, request, options)) {
        // What the sampler makes of logits that are no numbers.
        if (generated.ids.every((id) => id === 0)) {
          lookedAt ??= refuseBrokenWeights(files);
          await lookedAt;
        }
        yield generated;
      }
    },
    async close() {
      await verbs.close();
      await generation.closeIdle();
    },
  };
}

/** A model whose weight files are larger keeps one session of a generation at a time: each packs a copy of the weights. */
const KEEP_BOTH_BYTES = 1e9;

async function totalBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
