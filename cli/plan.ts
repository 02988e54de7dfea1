// `tstar plan`: every step of a pipeline with hits and misses, as far down as hits go, and why the first miss is one. Reads
// the store and looks for sources; downloads, writes and runs nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compilePipeline } from '../activities/compile-pipeline.ts';
import { type FoundUnits, findUnits } from '../activities/find-units.ts';
import { unitsPerShard } from '../activities/shard-size.ts';
import { type Indexes, unitKeys } from '../activities/unit-keys.ts';
import { addPrices, type Price, timesPrice, unitPrice } from '../activities/unit-price.ts';
import type { Index } from '../artifacts/index-artifact.ts';
import type { Manifest } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import { openFolderStore } from '../artifacts/stores/folder.ts';
import { explainMiss, formatChange } from '../pipelines/explain.ts';
import { formatCoordinates, type Plan, type PlanNode, unitCount } from '../pipelines/plan.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { findHome } from '../temporal/home.ts';
import { knownSteps } from './known-steps.ts';
import { type GivenOnCommandLine, loadRequest } from './pipeline-request.ts';
import { planMarkdown, planText, totalPrice } from './plan-text.ts';
import { log, openHub, printJson } from './workplace.ts';

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

export interface PlanOptions extends GivenOnCommandLine {
  readonly json?: boolean;
  readonly md?: boolean;
  readonly detailedExitcode?: boolean;
}

/** With --detailed-exitcode: there is something to run. */
const SOMETHING_TO_RUN = 4;

export async function plan(pipeline: string, options: PlanOptions): Promise<number> {
  const request = await loadRequest(pipeline, options);
  const store = await existingStore();
  const made = await compilePipeline(request, { hub: openHub(), signal: new AbortController().signal, store: store?.id ?? 'none yet' });
  const planned = await planSteps(made, store);
  if (options.json) printJson({ plan: made, steps: planned, total: totalPrice(planned) });
  else process.stdout.write(`${options.md ? planMarkdown(made, planned) : planText(made, planned)}\n`);
  return options.detailedExitcode && planned.some((step) => step.hits !== step.units) ? SOMETHING_TO_RUN : 0;
}

/** A store that is not there yet is not made: a plan has no side effects. */
async function existingStore(): Promise<Store | undefined> {
  const home = findHome();
  return existsSync(join(home, 'store-id')) ? openFolderStore(home, { warn: log }) : undefined;
}

async function planSteps(made: Plan, store: Store | undefined): Promise<PlannedStep[]> {
  const indexes = new Map<string, Index>();
  const manifests: Manifest[] = [];
  if (store !== undefined) for await (const manifest of store.listManifests()) manifests.push(manifest);
  const earlierOf = (node: PlanNode): readonly Manifest[] => manifests.filter(({ components }) => components.step === node.step);
  const steps = await knownSteps();
  const planned: PlannedStep[] = [];
  for (const node of made.nodes) {
    const waits = [...new Set(Object.values(node.inputs).map((input) => input.node))].filter((id) => !indexes.has(id));
    if (store === undefined || waits.length > 0) {
      planned.push({
        ...stepOf(node),
        price: priceOf(node, unitCount(node), manifests),
        hits: null,
        shards: null,
        why: store === undefined ? 'nothing has run here yet' : `runs unless ${waits.join(', ')} yields the same digests`,
      });
      continue;
    }
    const found = await findUnits(store, node, indexes);
    if (found.index !== null) indexes.set(node.id, found.index);
    planned.push({
      ...stepOf(node),
      price: priceOf(node, found.missing.length, manifests),
      hits: found.hits.length,
      shards: await shardsOf(node, found, { steps, manifests }),
      why: whyMissing(node, found, indexes, earlierOf(node)),
    });
  }
  return planned;
}

interface ShardFacts {
  readonly steps: readonly StepDefinition[];
  readonly manifests: readonly Manifest[];
}

async function shardsOf(node: PlanNode, { hits, missing }: FoundUnits, { steps, manifests }: ShardFacts): Promise<number> {
  if (missing.length <= 1) return missing.length;
  const step = steps.find(({ name }) => name === node.step);
  return Math.ceil(missing.length / (await unitsPerShard({ step, node, hits, manifests })));
}

function stepOf(node: PlanNode): Pick<PlannedStep, 'id' | 'step' | 'queue' | 'units'> {
  return { id: node.id, step: node.step, queue: node.queue, units: unitCount(node) };
}

function priceOf(node: PlanNode, units: number, manifests: readonly Manifest[]): Price | null {
  if (units === 0) return addPrices([]);
  const price = unitPrice(node, manifests);
  return price === undefined ? null : timesPrice(price, units);
}

function whyMissing(node: PlanNode, { missing }: FoundUnits, indexes: Indexes, earlier: readonly Manifest[]): string {
  const first = missing[0];
  if (first === undefined) return '';
  const place = formatCoordinates(first);
  const { nearest, changes } = explainMiss(unitKeys(node, indexes)(first).components, earlier);
  const at = place === '' ? '' : `${place}: `;
  if (nearest === undefined) return `${at}this step never ran here`;
  return `${at}${changes.length === 0 ? 'its object is missing or corrupt' : changes.map(formatChange).join('; ')}`;
}
