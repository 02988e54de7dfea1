// An open model inside one process: its config and, on demand, the session of each verb's graph. The verbs take it as an
// argument; the session process holds one, tests open their own.

import { dirname, join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import type { Device, ModelFiles, Precision } from './engine.ts';
import type { BuiltGraph } from './graph/graph-builder.ts';
import { type ModelConfig, parseModelConfig } from './graph/model-config.ts';
import { buildVerbGraph, type ForwardVerb } from './graph/verb-graphs.ts';
import { readWeights, type WeightSource } from './graph/weights.ts';
import { type GraphSession, openGraphSession } from './runtime/session.ts';

export interface ForwardEngine {
  readonly config: ModelConfig;
  readonly weights: WeightSource;
  /** Opens a graph over the model's weights; its caller closes it. */
  open(built: BuiltGraph): Promise<GraphSession>;
  /** The session of a verb's graph, opened at the first call; the one of another verb is closed (their packed weights would add up). */
  session(verb: ForwardVerb): Promise<GraphSession>;
  close(): Promise<void>;
}

/** What a verb is told from outside while it runs. */
export interface VerbControl {
  readonly progress?: (note: string) => void;
}

export interface EngineOptions {
  readonly precision: Precision;
  readonly device: Device;
}

export async function openForwardEngine(files: ModelFiles, { precision, device }: EngineOptions): Promise<ForwardEngine> {
  if (precision !== 'float32') throw new UserError(`precision ${precision} is not supported; known: float32`);
  const config = parseModelConfig(files.config, join(files.folder, 'config.json'));
  const weights = await readWeights(files.weights);
  const openGraph = ({ bytes }: BuiltGraph) => openGraphSession({ bytes, folder: dirname(files.weights[0]!), device });
  let open: { readonly verb: ForwardVerb; readonly session: Promise<GraphSession> } | undefined;
  const close = async (): Promise<void> => {
    const closing = open;
    open = undefined;
    // A session that failed to open has nothing to close, and said so already.
    await closing?.session.then((session) => session.close()).catch(() => undefined);
  };
  return {
    config,
    weights,
    open: openGraph,
    close,
    async session(verb) {
      if (open?.verb !== verb) {
        await close();
        open = { verb, session: openGraph(buildVerbGraph(config, weights, verb)) };
      }
      return open.session;
    },
  };
}
