// The verb `logits`: the logits at a prompt's last position, through the graph that noise is injected into, with none or hardly any.
// Alone or many side by side: what that changes is part of the numeric floor.
import type { LogitsRequest, PromptLogits } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { HIDDEN_LAST, SCALE } from './graph/forward.ts';
import { noiseFeeds } from './inject.ts';
import { type NoiseField, philoxFields } from './noise-field.ts';
import { headLogits } from './score.ts';

const STILL: NoiseField = { fill: (_site, _offset, out) => void out.fill(0) };

export async function* logits(
  engine: ForwardEngine,
  { prompts, batch, scale }: LogitsRequest,
  { progress }: VerbControl = {},
): AsyncGenerator<PromptLogits> {
  const rows = batch === 'one' ? 1 : engine.maxScales;
  const forward = await engine.session('inject');
  const hidden: Float32Array[] = [];
  const noise = philoxFields(0);
  for (const { prompt, ids } of prompts) {
    const scales = { [SCALE]: { data: new Float32Array(rows).fill(scale), dims: [rows, 1, 1] } };
    const field = scale === 0 ? STILL : noise({ prompt, draw: 0 });
    const feeds = { ...engine.promptFeeds(ids), ...scales, ...noiseFeeds([field], engine.linears, ids.length) };
    const outputs = await forward.run(feeds, [HIDDEN_LAST]);
    hidden.push(outputs[HIDDEN_LAST]!.data as Float32Array);
    progress?.(`${hidden.length} of ${prompts.length} prompts`);
  }
  const head = await engine.session('score');
  for (const [i, { prompt }] of prompts.entries()) {
    const [all] = await headLogits(head, [hidden[i]!], engine);
    yield { prompt, logits: all!.slice(-engine.vocabSize), batch: rows };
  }
}
