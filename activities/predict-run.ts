// What a run will cost, by its plan and what is recorded: priced before anything runs, kept beside the run, compared in its
// record with what it did cost.
import type { Prediction } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import { type Plan, unitCount } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { UnitCost } from '../workflows/messages.ts';
import { planSteps } from './plan-steps.ts';
import { sample } from './shard-size.ts';

/** Above this, units are not looked up for a prediction: the run looks them up itself, and nobody waits twice. */
const MAX_LOOKED_UP = 20_000;

/** By node. */
export type Predictions = Readonly<Record<string, Prediction>>;

export interface PredictOptions {
  readonly store: Store;
  readonly steps: readonly StepDefinition[];
  readonly force: readonly string[];
}

export async function predictRun(plan: Plan, { store, steps, force }: PredictOptions): Promise<Predictions> {
  const units = plan.nodes.reduce((total, node) => total + unitCount(node), 0);
  let sampled: ReturnType<typeof sample> | undefined;
  const manifests = () => (sampled ??= sample(store.listManifests()));
  const facts = { store: units > MAX_LOOKED_UP ? undefined : store, steps, force, manifests };
  const planned = await planSteps(plan, facts);
  return Object.fromEntries(planned.map(({ id, units, hits, price }) => [id, { units: units - (hits ?? 0), price }]));
}

/** What the price says of one unit; undefined where there is no history, or nothing to run. */
export function unitCost({ units, price }: Prediction): UnitCost | undefined {
  if (price === null || units === 0) return undefined;
  return { seconds: price.seconds.median / units, tokens: price.tokens === null ? null : price.tokens.median / units };
}
