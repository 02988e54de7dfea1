// What steps cost before: seconds of work, bytes and generated tokens per unit, from the manifests of the same step with the same model on the
// same kind of device. Units of one batch share its time unevenly, so the mean over a run's units is the observation, and
// median and range go over runs.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import type { UnitRecord } from '../artifacts/manifest.ts';
import type { Range } from '../artifacts/run-record.ts';
import type { PlanNode } from '../pipelines/plan.ts';

export interface Price {
  readonly seconds: Range;
  readonly bytes: Range;
  /** null where none were recorded: most steps generate none. */
  readonly tokens: Range | null;
  /** Runs that computed units of this step. */
  readonly runs: number;
}

/** The price of one unit; undefined where there is no history. */
export function unitPrice(node: PlanNode, manifests: readonly UnitRecord[]): Price | undefined {
  const device = node.queue === 'tstar' ? 'light' : String(node.params.device ?? 'cpu');
  const model = canonicalJson(node.identity.model ?? null);
  const byRun = new Map<string, UnitRecord[]>();
  for (const manifest of manifests) {
    const { step, identity } = manifest.components;
    if (step !== node.step || manifest.device !== device || canonicalJson(identity.model ?? null) !== model) continue;
    const own = byRun.get(manifest.run);
    if (own === undefined) byRun.set(manifest.run, [manifest]);
    else own.push(manifest);
  }
  if (byRun.size === 0) return undefined;
  const runs = [...byRun.values()];
  // Units of before tokens were recorded do not say that there were none.
  const generating = runs.map((own) => own.filter(({ tokens }) => tokens !== undefined)).filter((own) => own.length > 0);
  return {
    seconds: meansOf(runs, (manifest) => manifest.durationMs / 1000),
    bytes: meansOf(runs, outputBytes),
    tokens: generating.length === 0 ? null : meansOf(generating, ({ tokens }) => tokens!),
    runs: runs.length,
  };
}

/** The range over runs of their units' means. */
function meansOf(runs: readonly (readonly UnitRecord[])[], of: (manifest: UnitRecord) => number): Range {
  return rangeOf(runs.map((own) => own.reduce((sum, manifest) => sum + of(manifest), 0) / own.length));
}

export function timesPrice({ seconds, bytes, tokens, runs }: Price, units: number): Price {
  const times = (range: Range): Range => mapRange(range, (value) => value * units);
  return { seconds: times(seconds), bytes: times(bytes), tokens: tokens === null ? null : times(tokens), runs };
}

/** Sums ends with ends, which is wider than the sum's own range would be. */
export function addPrices(prices: readonly Price[]): Price {
  const tokens = prices.flatMap((price) => (price.tokens === null ? [] : [price.tokens]));
  return {
    seconds: sumRanges(prices.map(({ seconds }) => seconds)),
    bytes: sumRanges(prices.map(({ bytes }) => bytes)),
    tokens: tokens.length === 0 ? null : sumRanges(tokens),
    runs: Math.max(0, ...prices.map(({ runs }) => runs)),
  };
}

function sumRanges(ranges: readonly Range[]): Range {
  const sum = (of: (range: Range) => number): number => ranges.reduce((total, range) => total + of(range), 0);
  return { median: sum(({ median }) => median), low: sum(({ low }) => low), high: sum(({ high }) => high) };
}

export function outputBytes({ outputs }: Pick<UnitRecord, 'outputs'>): number {
  return Object.values(outputs).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Of at least one value. */
function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return { median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2, low: sorted[0]!, high: sorted.at(-1)! };
}

function mapRange({ median, low, high }: Range, map: (value: number) => number): Range {
  return { median: map(median), low: map(low), high: map(high) };
}
