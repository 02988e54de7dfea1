// The units of a run's unfinished steps: which of them are there, which are missing. A finished step's are in its index.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { NodeUnits, RunUnit } from '../dashboards/units.ts';
import { type Plan, type PlanNode, unitsOf } from '../pipelines/plan.ts';
import { findUnits } from './find-units.ts';
import { getIndexes, getPlan } from './plan-store.ts';

/** Empty where the run failed before it was planned, or its plan is gone. */
export async function unfinishedUnits(store: Store, record: RunRecord): Promise<readonly NodeUnits[]> {
  const ids = record.nodes.filter(({ index }) => index === null).map(({ id }) => id);
  if (ids.length === 0 || record.plan === '') return [];
  const plan: Plan | undefined = await getPlan(store, record.plan).catch(() => undefined);
  const nodes = (plan?.nodes ?? []).filter(({ id }) => ids.includes(id));
  return Promise.all(nodes.map(async (node) => ({ node: node.id, units: await unitsThere(store, node, record) })));
}

/** A step's units can be looked up once all that it reads is finished; before, none was started. */
async function unitsThere(store: Store, node: PlanNode, record: RunRecord): Promise<readonly RunUnit[]> {
  const digests = Object.fromEntries(record.nodes.flatMap(({ id, index }) => (index === null ? [] : [[id, index]])));
  const found = Object.values(node.inputs).every((input) => input.node in digests)
    ? await getIndexes(store, node, digests).then(
        (indexes) => findUnits(store, node, indexes),
        () => undefined,
      )
    : undefined;
  const there = new Map(
    (found?.hits ?? []).map(({ components, outputs }) => [
      canonicalJson(components.coordinates),
      Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest])),
    ]),
  );
  return [...unitsOf(node)].map((coordinates) => ({ coordinates, outputs: there.get(canonicalJson(coordinates)) ?? null }));
}
