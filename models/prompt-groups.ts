// Sequences by prompt: which row of the batch reads which prompt's keys and values, and those laid side by side, padded at
// the end to the longest. In: the batch's rows; out: the feeds that the decode loop's prompt part needs.
import { PROMPT_MULTIPLE, partName } from './graph/decode-attention.ts';
import type { ModelConfig } from './graph/model-config.ts';
import type { Feeds } from './runtime/session.ts';

/** What prefill made of one prompt without its last token: per layer keys and values [heads, length, headSize]. */
export interface PromptState {
  readonly length: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** Added to the score of a padded position; its weight becomes zero. */
const MASKED = -1e30;

/** Equal prompts one after the other, in the order in which they come first: each is read once for all of its sequences. */
export function byPrompt<Item>(sequences: readonly Item[], idsOf: (sequence: Item) => readonly number[]): readonly Item[] {
  const groups = new Map<string, Item[]>();
  for (const sequence of sequences) {
    const key = idsOf(sequence).join();
    groups.set(key, [...(groups.get(key) ?? []), sequence]);
  }
  return [...groups.values()].flat();
}

/** prompts[i] is the prompt of row i of the batch; equal prompts are the same object. */
export function promptFeeds(config: ModelConfig, prompts: readonly PromptState[]): Feeds {
  const distinct = [...new Set(prompts)];
  const longest = Math.max(1, ...distinct.map(({ length }) => length));
  const padded = Math.ceil(longest / PROMPT_MULTIPLE) * PROMPT_MULTIPLE;
  const feeds: Record<string, Feeds[string]> = { ...rowFeeds(config, prompts, distinct), prompt_mask: mask(distinct, padded) };
  const { keyValueHeadCount: heads, headSize } = config;
  for (let layer = 0; layer < config.layerCount; layer++)
    for (const kind of ['key', 'value'] as const) {
      const data = new Float32Array(distinct.length * heads * padded * headSize);
      for (const [i, prompt] of distinct.entries())
        padRows(data, prompt[`${kind}s`][layer]!, i * heads, heads, prompt.length * headSize, padded * headSize);
      feeds[partName('prompt', kind, layer)] = { data, dims: [distinct.length, heads, 1, padded, headSize] };
    }
  return feeds;
}

/** Where each query row (sequence, head) stands in its prompt's product, and the way back; gaps read row 0 and nobody reads them. */
function rowFeeds(config: ModelConfig, prompts: readonly PromptState[], distinct: readonly PromptState[]): Feeds {
  const { keyValueHeadCount: heads, headCount } = config;
  const group = headCount / heads;
  const members = distinct.map((prompt) => prompts.flatMap((other, row) => (other === prompt ? [row] : [])));
  const rows = group * Math.max(...members.map(({ length }) => length));
  const toPrompt = new BigInt64Array(distinct.length * heads * rows);
  const fromPrompt = new BigInt64Array(prompts.length * headCount);
  for (const [p, sequences] of members.entries())
    for (const [slot, sequence] of sequences.entries())
      for (let head = 0; head < headCount; head++) {
        const place = (p * heads + Math.floor(head / group)) * rows + slot * group + (head % group);
        toPrompt[place] = BigInt(sequence * headCount + head);
        fromPrompt[sequence * headCount + head] = BigInt(place);
      }
  return {
    to_prompt: { data: toPrompt, dims: [distinct.length, heads, rows, 1] },
    from_prompt: { data: fromPrompt, dims: [prompts.length, heads, group, 1] },
  };
}

function mask(distinct: readonly PromptState[], padded: number): Feeds[string] {
  const data = new Float32Array(distinct.length * padded);
  for (const [i, { length }] of distinct.entries()) data.fill(MASKED, i * padded + length, (i + 1) * padded);
  return { data, dims: [distinct.length, 1, 1, 1, padded] };
}

function padRows(to: Float32Array, from: Float32Array, firstRow: number, rowCount: number, width: number, paddedWidth: number): void {
  for (let row = 0; row < rowCount; row++) to.set(from.subarray(row * width, (row + 1) * width), (firstRow + row) * paddedWidth);
}
