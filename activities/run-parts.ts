// What a run's record says of the run as a whole and of each cell of its matrix: results, models, datasets, BOS, what the numbers
// warn of. Read from the plan and the store.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { isPartOf } from '../artifacts/cell-record.ts';
import type { CellRecord, RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import { formatCoordinates, type Plan, type PlanNode } from '../pipelines/plan.ts';
import { requestedSources } from '../pipelines/requested-sources.ts';
import { datasetRequest, type Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { FinishRunInput } from '../workflows/messages.ts';
import type { PromptArtifact } from './artifact-types.ts';
import { LostError } from './lost-error.ts';
import { getIndex } from './plan-store.ts';

/** Fields that a run and a cell of it both have. */
type Part = Omit<CellRecord, 'values'>;

export interface RunToRead {
  readonly store: Store;
  readonly plan: Plan;
  readonly steps: readonly StepDefinition[];
  readonly run: FinishRunInput;
}

export async function readParts(run: RunToRead): Promise<Part & Pick<RunRecord, 'cells'>> {
  const { plan } = run;
  const whole = await readPart(run, plan.results, plan.nodes);
  const cells: CellRecord[] = [];
  for (const { values, results } of plan.cells ?? []) {
    const nodes = plan.nodes.filter(({ cell = {} }) => isPartOf(cell, values));
    cells.push({ values: values as CellRecord['values'], ...(await readPart(run, results, nodes)) });
  }
  if (cells.length === 0) return { ...whole, cells };
  const { model, dataset, bos } = { model: common(cells, 'model'), dataset: common(cells, 'dataset'), bos: common(cells, 'bos') };
  return { ...whole, model, dataset, bos, cells };
}

/** What all cells have; null where they differ. */
function common<Field extends 'model' | 'dataset' | 'bos'>(cells: readonly CellRecord[], field: Field): CellRecord[Field] {
  const [first] = cells;
  return cells.every((cell) => canonicalJson(cell[field]) === canonicalJson(first![field])) ? first![field] : null;
}

async function readPart(run: RunToRead, sections: Plan['results'], nodes: readonly PlanNode[]): Promise<Part> {
  const results = Object.fromEntries(await readSections(run, sections));
  return { ...sourcesOf(run, nodes), bos: await bosOf(run, nodes), warnings: resultWarnings(results), sections, results };
}

/** Every section whose step has finished: one value for a step without axes, else its units in order. */
async function readSections(run: RunToRead, sections: Plan['results']): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const [section, { node, output }] of Object.entries(sections)) {
    const units = await readOutput(run, { node, output });
    if (units === undefined) continue;
    const hasAxes = run.plan.nodes.find(({ id }) => id === node)!.axes.length > 0;
    values.set(section, hasAxes ? units : units[0]);
  }
  return values;
}

async function readOutput(
  { store, plan, steps, run: { nodes, status } }: RunToRead,
  { node: id, output }: { readonly node: string; readonly output: string },
): Promise<unknown[] | undefined> {
  const index = nodes.find((node) => node.id === id)?.index;
  const type = steps.find(({ name }) => name === plan.nodes.find((node) => node.id === id)?.step)?.outputs[output];
  if (index == null || type === undefined) return undefined;
  try {
    const values: unknown[] = [];
    for (const { coordinates, outputs } of (await getIndex(store, index, id)).entries) {
      const bytes = outputs[output] === undefined ? undefined : await store.getObject(outputs[output]);
      if (bytes === undefined)
        throw new LostError({ what: `${id}.${output} at ${formatCoordinates(coordinates)}`, plan: false, nodes: [id] });
      values.push(await type.decode(bytes));
    }
    return values;
  } catch (error) {
    if (status !== 'done' && error instanceof LostError) return undefined;
    throw error;
  }
}

/** Which BOS mode the prompts were made with, and whether any has two. */
async function bosOf(run: RunToRead, nodes: readonly PlanNode[]): Promise<RunRecord['bos']> {
  const node = nodes.find(({ step }) => step === 'render-prompts');
  if (node === undefined) return null;
  const prompts = (await readOutput(run, { node: node.id, output: 'ids' })) as PromptArtifact[] | undefined;
  return { mode: String(node.params.bos), doubled: prompts?.some((prompt) => prompt.doubledBos) ?? false };
}

/** The first model and dataset that these nodes name. */
function sourcesOf({ plan, steps }: RunToRead, nodes: readonly PlanNode[]): Pick<RunRecord, 'model' | 'dataset'> {
  const sources = plan.sources as unknown as Sources;
  const named = nodes.flatMap(({ step, params }) => {
    const definition = steps.find(({ name }) => name === step);
    return definition === undefined ? [] : [{ step: definition, params }];
  });
  const requested = requestedSources({ nodes: named });
  const model = requested.models.map((name) => sources.models[name])[0];
  const dataset = requested.datasets.map(({ preference, split }) => sources.datasets[datasetRequest(preference, split)])[0];
  return {
    model: model === undefined ? null : { name: model.name, engine: model.digests.engine, origin: model.origin },
    dataset: dataset === undefined ? null : { ...dataset, preference: [...dataset.preference], rows: dataset.rowCount },
  };
}

/** What the numbers themselves warn of. */
function resultWarnings({ calibration }: Record<string, unknown>): string[] {
  const found = calibration as RunRecord['results']['calibration'];
  if (found === undefined || found.identified) return [];
  const total = found.rows[0]?.total ?? 0;
  const others = found.sameAsBest.filter((temperature) => temperature !== found.tBase);
  return [
    `T_base is not identified: on ${total} ${total === 1 ? 'prompt' : 'prompts'} the accuracies at T = ${others.join(', ')} cannot be told apart from that at T = ${found.tBase} (exact McNemar test)`,
  ];
}
