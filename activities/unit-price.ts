// What steps cost before: seconds of work and bytes per unit, from the manifests of the same step with the same model on the
// same kind of device. Units of one batch share its time unevenly, so the mean over a run's units is the observation, and
// median and range go over runs.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import type { Manifest } from '../artifacts/manifest.ts';
import type { PlanNode } from '../pipelines/plan.ts';

/** Over runs; all three are the same where there was one. */
export interface Range {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Price {
  readonly seconds: Range;
  readonly bytes: Range;
  /** Runs that computed units of this step. */
  readonly runs: number;
}

/** The price of one unit; undefined where there is no history. */
export function unitPrice(node: PlanNode, manifests: readonly Manifest[]): Price | undefined {
  const device = node.queue === 'tstar' ? 'light' : String(node.params.device ?? 'cpu');
  const model = canonicalJson(node.identity.model ?? null);
  const byRun = new Map<string, Manifest[]>();
  for (const manifest of manifests) {
    const { step, identity } = manifest.components;
    if (step !== node.step || manifest.device !== device || canonicalJson(identity.model ?? null) !== model) continue;
    const own = byRun.get(manifest.run);
    if (own === undefined) byRun.set(manifest.run, [manifest]);
    else own.push(manifest);
  }
  if (byRun.size === 0) return undefined;
  const runs = [...byRun.values()];
  const over = (of: (manifest: Manifest) => number): Range =>
    rangeOf(runs.map((own) => own.reduce((sum, manifest) => sum + of(manifest), 0) / own.length));
  return { seconds: over((manifest) => manifest.durationMs / 1000), bytes: over(outputBytes), runs: runs.length };
}

export function timesPrice({ seconds, bytes, runs }: Price, units: number): Price {
  return { seconds: mapRange(seconds, (value) => value * units), bytes: mapRange(bytes, (value) => value * units), runs };
}

/** Sums ends with ends, which is wider than the sum's own range would be. */
export function addPrices(prices: readonly Price[]): Price {
  const sum = (of: (price: Price) => Range): Range => ({
    median: prices.reduce((total, price) => total + of(price).median, 0),
    low: prices.reduce((total, price) => total + of(price).low, 0),
    high: prices.reduce((total, price) => total + of(price).high, 0),
  });
  return { seconds: sum(({ seconds }) => seconds), bytes: sum(({ bytes }) => bytes), runs: Math.max(0, ...prices.map(({ runs }) => runs)) };
}

function outputBytes({ outputs }: Manifest): number {
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
