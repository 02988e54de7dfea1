// What a step was to cost and did cost, as the page's table of steps says it and as columns of its CSV.
import type { NodeRecord, Range } from '../artifacts/run-record.ts';
import { amount, count, duration, rangeText, sizeText } from './format.ts';

type Costs = Pick<NodeRecord, 'predicted' | 'actual'>;

/** `12 units, 34 s (30 s to 40 s), 4.1 MB, 5,120 tokens (4,800 to 6,000)`, before the run by what its steps had cost earlier. */
export function predictedText({ predicted }: Costs): string {
  if (predicted === null) return '–';
  const { units, price } = predicted;
  if (units === 0) return 'nothing to run';
  if (price === null) return `${count(units, 'unit')}, no history`;
  const { seconds, bytes, tokens } = price;
  const parts = [count(units, 'unit'), rangeText(seconds, (value) => duration(value * 1000)), sizeText(bytes.median)];
  return [...parts, ...(tokens === null ? [] : [`${rangeText(tokens, amount)} tokens`])].join(', ');
}

export function actualText({ actual }: Costs): string {
  if (actual === null) return '–';
  const { units, seconds, bytes, tokens } = actual;
  if (units === 0) return 'nothing run';
  const parts = [count(units, 'unit'), duration(seconds * 1000), sizeText(bytes)];
  return [...parts, ...(tokens === 0 ? [] : [count(tokens, 'token')])].join(', ');
}

/** Full numbers; null where nothing was said. */
export function costColumns({ predicted, actual }: Costs): Readonly<Record<string, number | null>> {
  const price = predicted?.price ?? null;
  return {
    predictedUnits: predicted?.units ?? null,
    ...rangeColumns('predictedSeconds', price?.seconds ?? null),
    ...rangeColumns('predictedBytes', price?.bytes ?? null),
    ...rangeColumns('predictedTokens', price?.tokens ?? null),
    actualSeconds: actual?.seconds ?? null,
    actualBytes: actual?.bytes ?? null,
    actualTokens: actual?.tokens ?? null,
  };
}

function rangeColumns(name: string, range: Range | null): Record<string, number | null> {
  return { [name]: range?.median ?? null, [`${name}Low`]: range?.low ?? null, [`${name}High`]: range?.high ?? null };
}
