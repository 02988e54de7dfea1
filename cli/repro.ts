// `tstar repro`: one unit of a run computed again alone and compared byte for byte with what is stored.
import { getPlan } from '../activities/plan-store.ts';
import { reproduceUnit } from '../activities/reproduce-unit.ts';
import { resolveSources } from '../activities/resolve-sources.ts';
import { createServices } from '../activities/services.ts';
import { canonicalJson } from '../artifacts/canonical-json.ts';
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import { type Coordinates, formatCoordinates, type Plan, type PlanNode, splitNodeId } from '../pipelines/plan.ts';
import type { Sources } from '../pipelines/sources.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { knownSteps } from './known-steps.ts';
import { cellParts, matchNodes, unknownStep } from './match-nodes.ts';
import { findRecord } from './show.ts';
import { openWorkplace, printJson, type Workplace } from './workplace.ts';

export interface ReproOptions {
  readonly cell?: string;
  readonly json?: boolean;
}

export async function repro(run: string, id: string, options: ReproOptions): Promise<number> {
  const workplace = await openWorkplace();
  const record = await findRecord(workplace, run);
  if (record.plan === '') throw new UserError(`${run} failed before it was planned: it has no units`);
  const plan = await getPlan(workplace.store, record.plan);
  const { node, cell } = findNode(plan, id, options.cell);
  const step = (await knownSteps()).find(({ name }) => name === node.step);
  if (step === undefined)
    throw new UserError(`this tstar has no step ${node.step}: use the tstar of that run, or name its module with TSTAR_STEPS`);
  const place = parseCell(node, cell);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  await refuseOtherModels(plan, node, step, workplace, stop.signal);
  const services = createServices(workplace);
  try {
    const outputs = await reproduceUnit({ record, step, node, place }, services, stop.signal);
    const same = outputs.every(({ difference }) => difference === null);
    if (options.json) printJson({ run, step: node.id, cell: place, identical: same, outputs });
    else {
      const unit = [node.id, formatCoordinates(place)].filter(Boolean).join(' ');
      const differing = outputs.filter(({ difference }) => difference !== null);
      process.stdout.write(same ? 'identical\n' : differing.map(({ output, difference }) => `${output}: ${difference}\n`).join(''));
      workplace.log(
        same
          ? `${unit}: ${outputs.map(({ output, made }) => `${output} ${made.slice(0, 12)}`).join(', ')}`
          : `${unit} differs (stored -> computed here); another kind of CPU agrees within the numeric floor, not to the bit`,
      );
    }
    return same ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    throw error;
  } finally {
    await services.close();
  }
}

/** The node of a step and what is left of `--cell`, which may name values of a matrix too: seed=1,scale=0.1 */
export function findNode(plan: Plan, name: string, cell = ''): { readonly node: PlanNode; readonly cell: string } {
  const ids = plan.nodes.map(({ id }) => id);
  const found = matchNodes(name, ids);
  if (found.length === 0) throw unknownStep(plan.pipeline, name, ids);
  const params = Object.keys(plan.cells?.[0]?.values ?? {});
  const node = (id: string) => plan.nodes.find((candidate) => candidate.id === id)!;
  const isAxis = (param: string) => node(found[0]!).axes.some((axis) => axis.name === param);
  const parts = cellParts(cell);
  const isMatrix = (part: string) => params.some((param) => part.startsWith(`${param}=`) && !isAxis(param));
  const chosen = found.filter((id) => parts.filter(isMatrix).every((part) => cellParts(splitNodeId(id).cell).includes(part)));
  if (chosen.length === 1) return { node: node(chosen[0]!), cell: parts.filter((part) => !isMatrix(part)).join(',') };
  const cells = found.map((id) => splitNodeId(id).cell).join('; ');
  throw new UserError(
    `${name} was run in ${found.length} cells: name one of them in --cell (${cells}), such as --cell ${splitNodeId(found[0]!).cell}`,
  );
}

/** `scale=0.1,prompt=3` -> the node's coordinates; an axis with one value may be left out. */
export function parseCell(node: PlanNode, cell = ''): Coordinates {
  const given = new Map(
    cell
      .split(/[,\s]+/)
      .filter(Boolean)
      .map((part) => {
        const at = part.indexOf('=');
        return [at < 0 ? part : part.slice(0, at), at < 0 ? '' : part.slice(at + 1)] as const;
      }),
  );
  const names = node.axes.map(({ name }) => name);
  for (const name of given.keys())
    if (!names.includes(name)) {
      const nearest = nearestName(name, names);
      const axes = names.length === 0 ? 'it has no axes: leave --cell out' : `its axes are ${names.join(', ')}`;
      throw new UserError(`--cell: ${node.id} has no axis ${name}${nearest === undefined ? '' : `: did you mean ${nearest}?`} (${axes})`);
    }
  return Object.fromEntries(
    node.axes.map(({ name, values }) => {
      const text = given.get(name) ?? (values.length === 1 ? String(values[0]) : undefined);
      const value = values.find(
        (candidate) => String(candidate) === text || (typeof candidate === 'number' && text !== '' && candidate === Number(text)),
      );
      if (value === undefined)
        throw new UserError(
          `--cell: ${text === undefined ? `${name} is missing` : `${name}=${text} is no value of ${node.id}`}; give one of ${values.slice(0, 20).join(', ')}${values.length > 20 ? ', ...' : ''}`,
        );
      return [name, value];
    }),
  );
}

/** A model folder that has changed since is no fault of the computation: said before anything is computed. */
async function refuseOtherModels(plan: Plan, node: PlanNode, step: StepDefinition, { hub }: Workplace, signal: AbortSignal): Promise<void> {
  const planned = plan.sources as unknown as Sources;
  const models = Object.keys(planned.models).filter((name) => Object.values(node.params).includes(name));
  if (models.length === 0) return;
  const here = { ...planned, models: (await resolveSources({ models, datasets: [] }, { hub, signal })).models };
  const [before, now] = [planned, here].map((sources) => canonicalJson(step.identity?.(node.params, sources) ?? null));
  if (before !== now)
    throw new UserError(`${node.id} used ${models.join(', ')}, which is another model now: planned ${before}, here ${now}`);
}
