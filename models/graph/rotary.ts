// The rotary embedding's angles: cosines and sines by position, [positions, headSize / 2], halves rotated against each
// other (not interleaved). Computed in float64, rounded once. Follows transformers' modeling_rope_utils.py.
import type { ModelConfig, Rope } from './model-config.ts';

/** Tables for positions 0 ... positions - 1, float32, row major. */
export function rotaryTables(config: ModelConfig, positions: number): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const frequencies = inverseFrequencies(config.rope, config.headSize);
  const cos = new Float32Array(positions * frequencies.length);
  const sin = new Float32Array(positions * frequencies.length);
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < frequencies.length; i++) {
      // PyTorch multiplies position and frequency in float32; at position 1000 that moves an angle by up to 6e-5.
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * frequencies.length + i] = Math.cos(angle);
      sin[position * frequencies.length + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** Radians per position for each pair of channels, rounded to float32 as the reference keeps them. */
export function inverseFrequencies(rope: Rope, headSize: number): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, i) => scaled(rope, 1 / rope.theta ** ((2 * i) / headSize)));
}

function scaled(rope: Rope, frequency: number): number {
  switch (rope.kind) {
    case 'default':
      return frequency;
    case 'linear':
      return frequency / rope.factor;
    case 'llama3':
      return scaledAsLlama3(rope, frequency);
  }
}

/** Long waves are stretched by the factor, short ones kept, those between mixed. */
function scaledAsLlama3(rope: Extract<Rope, { kind: 'llama3' }>, frequency: number): number {
  const waveLength = (2 * Math.PI) / frequency;
  if (waveLength > rope.originalMaxPositions / rope.lowFrequencyFactor) return frequency / rope.factor;
  if (waveLength < rope.originalMaxPositions / rope.highFrequencyFactor) return frequency;
  const smooth = (rope.originalMaxPositions / waveLength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
  return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
}
