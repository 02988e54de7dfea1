// A plan walked down as far as hits go: of each step the units that are there and those to run, what they will cost, and why the
// first miss is one. `tstar plan` shows it; a run keeps it, to be compared with what it did cost. Reads only.
import type { Index } from '../artifacts/index-artifact.ts';
import type { UnitRecord } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import { explainMiss, formatChange } from '../pipelines/explain.ts';
import { formatCoordinates, type Plan, type PlanNode, unitCount } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { type FoundUnits, findUnits } from './find-units.ts';
import { unitsPerShard } from './shard-size.ts';
import { type Indexes, unitKeys } from './unit-keys.ts';
import { addPrices, type Price, timesPrice, unitPrice } from './unit-price.ts';

export interface PlannedStep {
  readonly id: string;
  readonly step: string;
  readonly queue: string;
  readonly units: number;
  /** null where that is not known before what it reads has run. */
  readonly hits: number | null;
  readonly shards: number | null;
  /** Why units are missing, or what the answer waits for. */
  readonly why: string;
  /** Of the units to run, all of them where that is not known; null where this step has no history. */
  readonly price: Price | null;
}

export interface PlanFacts {
  /** undefined: there is none yet, or its units are not to be looked up. */
  readonly store: Store | undefined;
  readonly steps: readonly StepDefinition[];
  /** What is recorded, of all units or a sample; not asked for where there is nothing to run. */
  readonly manifests: () => Promise<readonly UnitRecord[]>;
  /** Steps that run again whatever is there. */
  readonly force?: readonly string[];
}

export async function planSteps(made: Plan, { store, steps, manifests, force = [] }: PlanFacts): Promise<readonly PlannedStep[]> {
  const indexes = new Map<string, Index>();
  const planned: PlannedStep[] = [];
  for (const node of made.nodes) {
    const waits = [...new Set(Object.values(node.inputs).map((input) => input.node))].filter((id) => !indexes.has(id));
    if (store === undefined || waits.length > 0) {
      planned.push({
        ...stepOf(node),
        price: await priceOf(node, unitCount(node), manifests),
        hits: null,
        shards: null,
        why: store === undefined ? 'nothing has run here yet' : `runs unless ${waits.join(', ')} yields the same digests`,
      });
      continue;
    }
    const found = await findUnits(store, node, indexes);
    if (found.index !== null) indexes.set(node.id, found.index);
    if (force.includes(node.id)) {
      planned.push({ ...stepOf(node), price: await priceOf(node, unitCount(node), manifests), hits: 0, shards: null, why: 'is forced' });
      continue;
    }
    planned.push({
      ...stepOf(node),
      price: await priceOf(node, found.missing.length, manifests),
      hits: found.hits.length,
      shards: await shardsOf(node, found, { steps, manifests }),
      why: await whyMissing(node, found, indexes, manifests),
    });
  }
  return planned;
}

async function shardsOf(
  node: PlanNode,
  { hits, missing }: FoundUnits,
  { steps, manifests }: Pick<PlanFacts, 'steps' | 'manifests'>,
): Promise<number> {
  if (missing.length <= 1) return missing.length;
  const step = steps.find(({ name }) => name === node.step);
  return Math.ceil(missing.length / (await unitsPerShard({ step, node, hits, manifests: await manifests() })));
}

function stepOf(node: PlanNode): Pick<PlannedStep, 'id' | 'step' | 'queue' | 'units'> {
  return { id: node.id, step: node.step, queue: node.queue, units: unitCount(node) };
}

async function priceOf(node: PlanNode, units: number, manifests: PlanFacts['manifests']): Promise<Price | null> {
  if (units === 0) return addPrices([]);
  const price = unitPrice(node, await manifests());
  return price === undefined ? null : timesPrice(price, units);
}

async function whyMissing(node: PlanNode, { missing }: FoundUnits, indexes: Indexes, manifests: PlanFacts['manifests']): Promise<string> {
  const first = missing[0];
  if (first === undefined) return '';
  const earlier = (await manifests()).filter(({ components }) => components.step === node.step);
  const place = formatCoordinates(first);
  const { nearest, changes } = explainMiss(unitKeys(node, indexes)(first).components, earlier);
  const at = place === '' ? '' : `${place}: `;
  if (nearest === undefined) return `${at}this step never ran here`;
  return `${at}${changes.length === 0 ? 'its object is missing or corrupt' : changes.map(formatChange).join('; ')}`;
}
