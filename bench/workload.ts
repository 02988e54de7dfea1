// What all rows measure: the study's model, its first ten prompts, and its grids. In: the product's own settings of mirrors
// and caches; out: files and token ids. Peers get the same ids.
import { loadQuestions } from '../datasets/load-questions.ts';
import { promptMessages } from '../datasets/prompts.ts';
import { questionHub } from '../datasets/question-hub.ts';
import { resolveDataset } from '../datasets/resolve-dataset.ts';
import { createHub } from '../hub/create-hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import type { ModelFiles, Prompt } from '../models/engine.ts';
import { readEosIds } from '../models/eos-ids.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { type ModelConfig, parseModelConfig } from '../models/graph/model-config.ts';
import { renderPrompt } from '../models/render-prompt.ts';
import { openTokenizer } from '../models/tokenizer.ts';

export const SEED = 42;
export const DRAWS = 3;
export const NOISE_SCALES = [0.01, 0.02, 0.05, 0.1, 0.2];
export const HEAD_SCALES = [0.05, 0.075, 0.1, 0.2, 0.5, 0.75];
export const TEMPERATURES = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2];
export const T_BASE = 0.8;
export const MULTIPLES = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0];

const MODEL = 'smollm2-135m-instruct';
const PROMPTS = 10;

export interface Workload {
  readonly files: ModelFiles;
  readonly config: ModelConfig;
  readonly prompts: readonly Prompt[];
  readonly eosIds: readonly number[];
  /** Where downloads and what the bench makes for itself lie. */
  readonly cacheFolder: string;
  /** New tokens of the long generations. */
  readonly newTokens: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface WorkloadOptions {
  readonly newTokens: number;
  readonly say: (text: string) => void;
}

export async function openWorkload({ newTokens, say }: WorkloadOptions): Promise<Workload> {
  const { signal } = new AbortController();
  const hub = createHub({ ...readHubSettings(process.env), fetch, log: say });
  const files = await fetchModel(MODEL, { hub, signal, onProgress: say });
  const tokenizer = await openTokenizer(files.folder);
  const access = { hub: questionHub(hub), signal };
  const questions = await loadQuestions(await resolveDataset(['gsm8k', 'word-problems'], 'test', access), access);
  const prompts = questions
    .slice(0, PROMPTS)
    .map(({ question }, prompt) => ({ prompt, ids: renderPrompt({ tokenizer, messages: promptMessages(question), bos: 'study' }).ids }));
  return {
    files,
    config: parseModelConfig(files.config, files.folder),
    prompts,
    eosIds: await readEosIds(files.folder),
    cacheFolder: hub.cacheFolder,
    newTokens,
    signal,
    say,
  };
}
