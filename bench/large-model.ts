// Row `qwen2-1.5b`: the study's own model in size (DeepSeek-R1-Distill-Qwen-1.5B's configuration, random weights): what a
// machine needs to capture, to run step 3 for one prompt and draw, and to generate.
import { join } from 'node:path';
import { openSession } from '../models/runtime/open-session.ts';
import { all, peakMemoryBytes, timed } from './measure.ts';
import { type BenchRow, benchRow, limit } from './rows.ts';
import { makeSyntheticModel } from './synthetic-model.ts';
import { NOISE_SCALES, SEED, T_BASE, type Workload } from './workload.ts';

const CONFIG = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_act: 'silu',
  hidden_size: 1536,
  intermediate_size: 8960,
  max_position_embeddings: 131072,
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  use_sliding_window: false,
  vocab_size: 151936,
};
const PROMPT_TOKENS = 100;
const NEW_TOKENS = 16;
const LIMIT_BYTES = 16 * 2 ** 30;

/** Sessions of other models must be closed: memory is counted over all of this process's children. */
export async function largeModel({ cacheFolder, signal, say }: Workload): Promise<BenchRow> {
  const files = await makeSyntheticModel({ folder: join(cacheFolder, 'bench', 'qwen2-1.5b'), config: CONFIG, seed: SEED, say });
  const session = openSession(files, { precision: 'float32', device: 'cpu' });
  try {
    const prompt = { prompt: 0, ids: Array.from({ length: PROMPT_TOKENS }, (_, i) => (i * 7919) % CONFIG.vocab_size) };
    const capture = await timed(() => all(session.capture({ prompts: [prompt] }, { signal })));
    say(`qwen2-1.5b: loaded and captured in ${capture.seconds.toFixed(1)} s`);
    const groups = [{ ...prompt, draw: 0, scales: NOISE_SCALES }];
    const inject = await timed(() => all(session.inject({ seed: SEED, noise: 'shared', groups }, { signal })));
    say(`qwen2-1.5b: loaded again and step 3 in ${inject.seconds.toFixed(1)} s`);
    const request = { seed: SEED, replicate: 0, maxNewTokens: NEW_TOKENS, eosIds: [], sequences: [{ ...prompt, temperature: T_BASE }] };
    const generate = await timed(() => all(session.generate(request, { signal, progress: say })));
    const seconds = [capture, inject, generate].map((work) => work.seconds.toFixed(1));
    return benchRow({
      id: 'qwen2-1.5b',
      what: `1.5B parameters, loading counted: capture ${seconds[0]} s, step 3 (1 prompt, 1 draw, ${NOISE_SCALES.length} scales) ${seconds[1]} s, ${NEW_TOKENS} tokens ${seconds[2]} s`,
      value: (await peakMemoryBytes()) / 1e9,
      unit: 'GB',
      better: 'less',
      reference: limit(LIMIT_BYTES / 1e9),
      atLeast: 1,
    });
  } finally {
    await session.close();
  }
}
