// Sequences by prompt: which row of the batch reads which prompt's keys and values, and those laid side by side, padded at
// the end to whole chunks of the longest. In: the batch's rows; out: the feeds that the decode loop's prompt part needs.
import { CHUNK, partName } from './graph/decode-attention.ts';
import type { ModelConfig } from './graph/model-config.ts';
import type { Feeds } from './runtime/session.ts';

/** What prefill made of one prompt without its last token: per layer keys [heads, headSize, length], values [heads, length, headSize]. */
export interface PromptState {
  readonly length: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** Added to the score of a padded position; its weight becomes zero. */
const MASKED = -1e30;
/** A product of a single row goes another way through ONNX Runtime, with other roundings; so a prompt never has just one. */
const MIN_ROWS = 2;

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
  const chunks = Math.max(1, ...distinct.map(({ length }) => Math.ceil(length / CHUNK)));
  const padded = chunks * CHUNK;
  const feeds: Record<string, Feeds[string]> = { ...rowFeeds(config, prompts, distinct, chunks), prompt_mask: mask(distinct, padded) };
  const { keyValueHeadCount: heads, headSize } = config;
  for (let layer = 0; layer < config.layerCount; layer++) {
    const keys = new Float32Array(distinct.length * heads * headSize * padded);
    const values = new Float32Array(keys.length);
    for (const [i, prompt] of distinct.entries()) {
      padRows(keys, prompt.keys[layer]!, i * heads * headSize, heads * headSize, prompt.length, padded);
      padRows(values, prompt.values[layer]!, i * heads, heads, prompt.length * headSize, padded * headSize);
    }
    feeds[partName('prompt', 'key', layer)] = { data: keys, dims: [distinct.length, heads, headSize, padded] };
    feeds[partName('prompt', 'value', layer)] = { data: values, dims: [distinct.length, heads, chunks, CHUNK, headSize] };
  }
  return feeds;
}

/** Where each query row (sequence, head) stands in its prompt's product, and the way back; gaps read row 0 and nobody reads them. */
function rowFeeds(config: ModelConfig, prompts: readonly PromptState[], distinct: readonly PromptState[], chunks: number): Feeds {
  const { keyValueHeadCount: heads, headCount } = config;
  const group = headCount / heads;
  const members = distinct.map((prompt) => prompts.flatMap((other, row) => (other === prompt ? [row] : [])));
  const rows = Math.max(MIN_ROWS, group * Math.max(...members.map(({ length }) => length)));
  const toPrompt = new BigInt64Array(distinct.length * heads * rows);
  const fromPrompt = new BigInt64Array(prompts.length * headCount);
  for (const [p, sequences] of members.entries())
    for (const [slot, sequence] of sequences.entries())
      for (let head = 0; head < headCount; head++) {
        const place = (p * heads + Math.floor(head / group)) * rows + slot * group + (head % group);
        toPrompt[place] = BigInt(sequence * headCount + head);
        fromPrompt[sequence * headCount + head] = BigInt(place);
      }
  const toChunks = BigInt64Array.from({ length: toPrompt.length * chunks }, (_, i) => {
    const [matrix, chunk, row] = [Math.floor(i / (rows * chunks)), Math.floor(i / rows) % chunks, i % rows];
    return toPrompt[matrix * rows + row]! * BigInt(chunks) + BigInt(chunk);
  });
  return {
    to_chunks: { data: toChunks, dims: [distinct.length, heads, chunks, rows] },
    ones: { data: new Float32Array(chunks).fill(1), dims: [1, chunks] },
    to_prompt: { data: toPrompt, dims: [distinct.length, heads, rows] },
    from_prompt: { data: fromPrompt, dims: [prompts.length, heads, group] },
  };
}

function mask(distinct: readonly PromptState[], padded: number): Feeds[string] {
  const data = new Float32Array(distinct.length * padded);
  for (const [i, { length }] of distinct.entries()) data.fill(MASKED, i * padded + length, (i + 1) * padded);
  return { data, dims: [distinct.length, 1, 1, padded] };
}

function padRows(to: Float32Array, from: Float32Array, firstRow: number, rowCount: number, width: number, paddedWidth: number): void {
  for (let row = 0; row < rowCount; row++) to.set(from.subarray(row * width, (row + 1) * width), (firstRow + row) * paddedWidth);
}
