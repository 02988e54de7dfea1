// A run in a store as the workflow leaves it, made in this process without Temporal: for tests of the commands that read
// stores. Steps, keys, plans and records are the product's own.
import { checkPipeline, compilePipeline } from '../../activities/compile-pipeline.ts';
import { findUnits } from '../../activities/find-units.ts';
import { finishRun } from '../../activities/finish-run.ts';
import { machine, versions } from '../../activities/machine.ts';
import { putPlan } from '../../activities/plan-store.ts';
import { createServices, type Services } from '../../activities/services.ts';
import { steps } from '../../activities/steps.ts';
import { encodeOutputs, unitCall } from '../../activities/unit-call.ts';
import { unitKeys } from '../../activities/unit-keys.ts';
import { encodeIndex, type Index } from '../../artifacts/index-artifact.ts';
import type { Manifest, ManifestOutput } from '../../artifacts/manifest.ts';
import { putRunMark } from '../../artifacts/run-index.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { createHub } from '../../hub/create-hub.ts';
import { readHubSettings } from '../../hub/settings.ts';
import { parseSpec } from '../../pipelines/parse.ts';
import { type Coordinates, type Plan, type PlanNode, unitCount } from '../../pipelines/plan.ts';
import type { Sources } from '../../pipelines/sources.ts';
import type { FinishedNode } from '../../workflows/messages.ts';

/** Small in everything; needs the mirror's tiny model. */
export const SMALL_STUDY = `name: small-study
params:
  model: { type: string, default: 'hf:fixtures/tiny-llama' }
  promptCount: { type: integer, default: 2 }
  scales: { type: 'number[]', default: [0.1, 0.2] }
  seed: { type: integer, default: 42 }
steps:
  questions: { uses: load-dataset, with: { dataset: [word-problems], limit: $params.promptCount } }
  prompts: { uses: render-prompts, with: { model: $params.model, questions: $questions.rows } }
  hidden: { uses: capture-hidden, with: { model: $params.model, prompts: $prompts.ids } }
  noisy:
    uses: inject-noise
    with: { model: $params.model, prompts: $prompts.ids, scales: $params.scales, drawCount: 2, seed: $params.seed }
  effectiveNoise: { uses: summarize-noise, with: { clean: $hidden.states, noisy: $noisy.states } }
results: { effectiveNoise: $effectiveNoise.table }
`;

export interface StoredRun {
  readonly run: string;
  readonly plan: string;
  readonly manifests: readonly Manifest[];
}

export interface StoredRunRequest {
  readonly home: string;
  readonly run: string;
  readonly sets?: readonly string[];
  readonly text?: string;
  readonly startedAt?: string;
  /** Leaves it unfinished after this step: no record is written. */
  readonly leaveAfter?: string;
}

export async function makeStoredRun(request: StoredRunRequest): Promise<StoredRun> {
  const { home, run, sets = [], text = SMALL_STUDY, startedAt = new Date().toISOString() } = request;
  const log = () => undefined;
  const store = await openFolderStore(home, { warn: log });
  const hub = createHub({ ...readHubSettings(process.env), fetch, log });
  const services = createServices({ store, hub, log });
  try {
    const checked = checkPipeline(parseSpec(text, 'small-study.yaml'), { sets }, steps);
    const made = await compilePipeline(checked, { hub, signal: new AbortController().signal, store: store.id });
    const plan = await putPlan(store, made);
    await putRunMark(store, { run, plan, plannedAt: startedAt });
    const indexes = new Map<string, Index>();
    const manifests: Manifest[] = [];
    const nodes: FinishedNode[] = [];
    for (const node of made.nodes) {
      const before = await findUnits(store, node, indexes);
      await computeUnits({ services, plan: made, node, indexes, run, startedAt }, before.missing);
      const { hits, index } = await findUnits(store, node, indexes);
      indexes.set(node.id, index!);
      for (const { key } of hits) manifests.push((await store.getManifest(key))!);
      const count = { units: unitCount(node), hit: before.hits.length, computed: before.missing.length };
      nodes.push({ id: node.id, index: await store.putObject(encodeIndex(index!)), ...count, startedAt, endedAt: startedAt, shards: [] });
      if (node.id === request.leaveAfter) return { run, plan, manifests };
    }
    const record = { run, temporalRunId: 't', workflowType: 'runPipeline', input: {}, plan, status: 'done', error: null } as const;
    await finishRun({ ...record, startedAt, nodes, warnings: [] }, { store, steps, namespace: 'default', log });
    return { run, plan, manifests };
  } finally {
    await services.close();
  }
}

interface Computed {
  readonly services: Services;
  readonly plan: Plan;
  readonly node: PlanNode;
  readonly indexes: ReadonlyMap<string, Index>;
  readonly run: string;
  readonly startedAt: string;
}

async function computeUnits({ services, plan, node, indexes, run, startedAt }: Computed, missing: readonly Coordinates[]) {
  if (missing.length === 0) return;
  const { store } = services;
  const step = steps.find(({ name }) => name === node.step)!;
  const keyAt = unitKeys(node, indexes);
  const units = missing.map((place) => unitCall(step, node, indexes, store, place));
  const nothing = () => undefined;
  const { params, environment } = node;
  const sources = plan.sources as unknown as Sources;
  const signal = new AbortController().signal;
  for await (const result of step.run({ params, units, environment, sources, services, signal, progress: nothing, warn: nothing })) {
    const outputs: Record<string, ManifestOutput> = {};
    for await (const { name, type, bytes } of encodeOutputs(step, result))
      outputs[name] = { digest: await store.putObject(bytes), sizeBytes: bytes.length, type: type.name, format: type.format };
    const { key, components } = keyAt(result.unit.coordinates);
    const facts = {
      startedAt,
      durationMs: 100,
      device: step.device === 'light' ? 'light' : 'cpu',
      machine: machine(),
      versions: versions(),
      run,
      node: node.id,
      warnings: [],
    };
    await store.putManifest({ key, components, outputs, params, ...facts } as Manifest);
  }
}
