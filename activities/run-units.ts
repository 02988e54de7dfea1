// The units of a run's unfinished steps: which of them are there, which are missing. A finished step's are in its index.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import type { Index } from '../artifacts/index-artifact.ts';
import type { UnitRecord } from '../artifacts/manifest.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { NodeUnits, RunUnit } from '../dashboards/units.ts';
import { type Plan, type PlanNode, unitsOf } from '../pipelines/plan.ts';
import { findUnits } from './find-units.ts';
import { getIndex, getPlan } from './plan-store.ts';

/** Empty where the run failed before it was planned, or its plan is gone. */
export async function unfinishedUnits(store: Store, record: RunRecord): Promise<readonly NodeUnits[]> {
  const unfinished = new Set(record.nodes.filter(({ index }) => index === null).map(({ id }) => id));
  if (unfinished.size === 0 || record.plan === '') return [];
  const plan: Plan | undefined = await getPlan(store, record.plan).catch(() => undefined);
  const indexes = new Map<string, Index>();
  const steps: NodeUnits[] = [];
  // Each after those that it reads: what is whole in the store lets what reads it be looked up, whether or not this run came to it.
  for (const node of plan?.nodes ?? []) {
    if (!unfinished.has(node.id)) continue;
    await addFinished(store, node, { record, indexes });
    const found = Object.values(node.inputs).every((input) => indexes.has(input.node)) ? await findUnits(store, node, indexes) : null;
    if (found?.index != null) indexes.set(node.id, found.index);
    steps.push({ node: node.id, units: unitsThere(node, found?.hits ?? []) });
  }
  return steps;
}

/** Adds the indexes that `node` reads of steps that this run finished; one that is lost leaves what reads it unknown. */
async function addFinished(
  store: Store,
  node: PlanNode,
  { record, indexes }: { readonly record: RunRecord; readonly indexes: Map<string, Index> },
): Promise<void> {
  for (const { node: from } of Object.values(node.inputs)) {
    const digest = record.nodes.find(({ id }) => id === from)?.index;
    if (indexes.has(from) || digest == null) continue;
    const index = await getIndex(store, digest, from).catch(() => undefined);
    if (index !== undefined) indexes.set(from, index);
  }
}

function unitsThere(node: PlanNode, hits: readonly UnitRecord[]): readonly RunUnit[] {
  const there = new Map(
    hits.map(({ components, outputs }) => [
      canonicalJson(components.coordinates),
      Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest])),
    ]),
  );
  return [...unitsOf(node)].map((coordinates) => ({ coordinates, outputs: there.get(canonicalJson(coordinates)) ?? null }));
}
