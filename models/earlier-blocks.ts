// The keys and values of the steps that a batch has behind it, as the decode loop reads them: per layer keys
// and values [B, heads, 1, L, headSize]. Memory is reserved once for the longest run (pages
// count when they are written), and grows and shrinks in place: at 80 sequences of 512 tokens a second copy would be 2 GB.
import { partName } from './graph/decode-attention.ts';
import type { ModelConfig } from './graph/model-config.ts';
import type { Feeds } from './runtime/session.ts';

export interface EarlierBlocks {
  feeds(): Feeds;
  /** Puts a block's tails (outputs of the loop, by name) behind what is there. */
  append(tails: Feeds, steps: number): void;
  /** Keeps these sequences, in this (rising) order. */
  keep(rows: readonly number[]): void;
}

export function createEarlierBlocks(config: ModelConfig, batch: number, maxSteps: number): EarlierBlocks {
  const { layerCount, keyValueHeadCount: heads, headSize } = config;
  const parts = Array.from({ length: layerCount }, (_, layer) =>
    (['key', 'value'] as const).map((kind) => ({ kind, layer, data: new Float32Array(batch * heads * headSize * maxSteps) })),
  ).flat();
  let rows = batch;
  let length = 0;
  return {
    feeds: () =>
      Object.fromEntries(
        parts.map(({ kind, layer, data }) => {
          const used = data.subarray(0, rows * heads * headSize * length);
          return [partName('earlier', kind, layer), { data: used, dims: [rows, heads, 1, length, headSize] }];
        }),
      ),
    append(tails, steps) {
      for (const { kind, layer, data } of parts) {
        const tail = tails[partName('tail', kind, layer)]!.data as Float32Array;
        widenRows(data, length * headSize, tail, steps * headSize, rows * heads);
      }
      length += steps;
    },
    keep(kept) {
      const size = heads * headSize * length;
      for (const { data } of parts)
        for (const [to, from] of kept.entries()) if (to !== from) data.copyWithin(to * size, from * size, (from + 1) * size);
      rows = kept.length;
    },
  };
}

/** Rows of `width` numbers become rows of `width + addedWidth`, in place: from the last to the first, none is overwritten unread. */
export function widenRows(data: Float32Array, width: number, added: Float32Array, addedWidth: number, rowCount: number): void {
  const newWidth = width + addedWidth;
  for (let row = rowCount - 1; row >= 0; row--) {
    data.copyWithin(row * newWidth, row * width, (row + 1) * width);
    const to = row * newWidth + width;
    const from = row * addedWidth;
    for (let i = 0; i < addedWidth; i++) data[to + i] = added[from + i]!;
  }
}
