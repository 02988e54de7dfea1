// The rotary embedding's angles: cosines and sines by position, [positions, rotarySize / 2], halves rotated against each
// other (not interleaved). Computed in float64, rounded once. Follows transformers' modeling_rope_utils.py.
import type { Rope } from './rope-config.ts';

export interface RotaryTables {
  /** float32, row major */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Rows 0 ... positions - 1 of a pass over a sequence of `sequenceLength` tokens. */
export function rotaryTables(rope: Rope, rotarySize: number, positions: number, sequenceLength = positions): RotaryTables {
  const frequencies = inverseFrequencies(rope, rotarySize, sequenceLength);
  return fillTables(rope, positions, () => frequencies);
}

/**
 * Rows for decoding one token at a time after a prompt: row p is what a sequence of p + 1 tokens rotates its last one by.
 * Where the frequencies follow from the length (`dynamic`), every token keeps those that held when it came, as in
 * transformers' generation; those of `longrope` are of the whole sequence (`sequenceLength`), which is read anew when they change.
 */
export function decodingTables(rope: Rope, rotarySize: number, positions: number, sequenceLength: number): RotaryTables {
  if (rope.kind !== 'dynamic') return rotaryTables(rope, rotarySize, positions, sequenceLength);
  return fillTables(rope, positions, (position) => inverseFrequencies(rope, rotarySize, position + 1));
}

/** Sequences longer than this rotate otherwise from their first token on. */
export function switchLength(ropes: readonly Rope[]): number {
  return Math.min(...ropes.map((rope) => (rope.kind === 'longrope' ? rope.originalMaxPositions : Number.POSITIVE_INFINITY)));
}

function fillTables(rope: Rope, positions: number, frequenciesAt: (position: number) => Float32Array): RotaryTables {
  const width = positions === 0 ? 0 : frequenciesAt(0).length;
  const factor = rope.kind === 'yarn' || rope.kind === 'longrope' ? rope.attentionFactor : 1;
  const cos = new Float32Array(positions * width);
  const sin = new Float32Array(positions * width);
  for (let position = 0; position < positions; position++) {
    const frequencies = frequenciesAt(position);
    for (let i = 0; i < width; i++) {
      // PyTorch multiplies position and frequency in float32; at position 1000 that moves an angle by up to 6e-5.
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * width + i] = factor * Math.cos(angle);
      sin[position * width + i] = factor * Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** Radians per position for each pair of channels, rounded to float32 as the reference keeps them. */
export function inverseFrequencies(rope: Rope, rotarySize: number, sequenceLength = 1): Float32Array {
  const frequency = (theta: number, i: number) => 1 / theta ** ((2 * i) / rotarySize);
  const pairs = (of: (plain: number, i: number) => number) =>
    Float32Array.from({ length: rotarySize / 2 }, (_, i) => of(frequency(rope.theta, i), i));
  switch (rope.kind) {
    case 'default':
      return pairs((plain) => plain);
    case 'linear':
      return pairs((plain) => plain / rope.factor);
    case 'dynamic': {
      const theta = dynamicTheta(rope, rotarySize, sequenceLength);
      return pairs((_, i) => frequency(theta, i));
    }
    case 'yarn': {
      const kept = yarnKept(rope, rotarySize);
      return pairs((plain, i) => (plain / rope.factor) * (1 - kept(i)) + plain * kept(i));
    }
    case 'longrope': {
      const factors = sequenceLength > rope.originalMaxPositions ? rope.longFactors : rope.shortFactors;
      return pairs((plain, i) => plain / factors[i]!);
    }
    case 'llama3':
      return pairs((plain) => scaledAsLlama3(rope, plain));
  }
}

/** Within the trained length the base as it is; beyond, NTK scaling. */
function dynamicTheta({ theta, factor, maxPositions }: Extract<Rope, { kind: 'dynamic' }>, size: number, sequenceLength: number): number {
  const length = Math.max(sequenceLength, maxPositions);
  return theta * ((factor * length) / maxPositions - (factor - 1)) ** (size / (size - 2));
}

/** The share of pair i that is not stretched: 1 where it turns `betaFast` times and more within the trained length, 0 below `betaSlow`. */
function yarnKept(rope: Extract<Rope, { kind: 'yarn' }>, size: number): (i: number) => number {
  const pairOf = (turns: number) => (size * Math.log(rope.originalMaxPositions / (turns * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  const [fast, slow] = [pairOf(rope.betaFast), pairOf(rope.betaSlow)];
  const low = Math.max(rope.truncates ? Math.floor(fast) : fast, 0);
  const high = Math.min(rope.truncates ? Math.ceil(slow) : slow, size - 1);
  const width = low === high ? 0.001 : high - low;
  return (i) => 1 - Math.min(1, Math.max(0, (i - low) / width));
}

/** Long waves are stretched by the factor, short ones kept, those between mixed. */
function scaledAsLlama3(rope: Extract<Rope, { kind: 'llama3' }>, frequency: number): number {
  const waveLength = (2 * Math.PI) / frequency;
  if (waveLength > rope.originalMaxPositions / rope.lowFrequencyFactor) return frequency / rope.factor;
  if (waveLength < rope.originalMaxPositions / rope.highFrequencyFactor) return frequency;
  const smooth = (rope.originalMaxPositions / waveLength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
  return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
}
