// A spec's steps tied to the catalogue and to each other: every `with` checked against its step's schema, every reference
// against what it names, cycles refused, axes made; once per cell of the matrix for what depends on it. All of it without
// models or datasets, so that a spec is refused before anything is looked for.
import { makeAxes } from './axes.ts';
import { type Draft, draftNode, findOutput, type Scope } from './draft-node.ts';
import { formatPath, type Problem, problemText } from './issues.ts';
import { MAX_PROBLEMS, MAX_STEPS } from './limits.ts';
import { cellsOf, type Grid, type Matrix, makeGrid, partOf } from './matrix.ts';
import type { Params } from './params.ts';
import { type CellValues, cellName, type Json, nodeId, type Plan, type PlanAxis, type PlanCell, type PlanInput } from './plan.ts';
import { parseReference } from './references.ts';
import type { Sources } from './sources.ts';
import type { Spec } from './spec.ts';
import type { StepDefinition } from './step.ts';

export interface LinkedNode {
  readonly id: string;
  /** The step's name in the spec. */
  readonly name: string;
  /** The part of a cell that it depends on; empty where it exists once. */
  readonly cell: CellValues;
  readonly step: StepDefinition;
  readonly params: { readonly [name: string]: Json };
  readonly inputs: { readonly [name: string]: PlanInput };
  readonly axes: readonly PlanAxis[];
}

export interface Linked {
  /** Each after what it reads. */
  readonly nodes: readonly LinkedNode[];
  readonly results: Plan['results'];
  /** Empty without a matrix. */
  readonly cells: readonly PlanCell[];
  readonly warnings: readonly string[];
}

export interface LinkOptions {
  readonly params: Params;
  /** The pipeline's matrix as the run has it. */
  readonly matrix?: Matrix;
  readonly steps: readonly StepDefinition[];
  /** Names of the dashboard's views; unchecked where absent. */
  readonly views?: readonly string[];
  /** Where they are known; without them axes that follow from a model are empty. */
  readonly sources?: Sources;
}

export type LinkResult =
  | { readonly linked: Linked; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly linked?: undefined };

export function linkSpec(spec: Spec, options: LinkOptions): LinkResult {
  const definitions = new Map(
    Object.entries(spec.steps).flatMap(([name, { uses }]) => {
      const step = options.steps.find((candidate) => candidate.name === uses);
      return step === undefined ? [] : [[name, step] as const];
    }),
  );
  const scope: Scope = { spec, definitions, params: options.params };
  const grid = makeGrid(options.matrix ?? {}, scope);
  const drafts = new Map([...definitions.keys()].map((name) => [name, draftCells(name, grid, scope)]));
  const problems: Problem[] = [...unknownSteps(spec, options.steps), ...viewProblems(spec, options.views), ...grid.problems];
  for (const cells of drafts.values()) problems.push(...distinct([...cells.values()].flatMap((draft) => draft.problems)));
  const results = linkResults(scope);
  problems.push(...results.problems);
  const order = sortByEdges([...drafts.values()].map((cells) => [...cells.values()][0]!));
  if ('cycle' in order) problems.push(order.cycle);
  if (problems.length > 0 || 'cycle' in order) return { problems: problems.slice(0, MAX_PROBLEMS) };
  const dependence = dependences(order.sorted, drafts, grid);
  const multiplied = multiply(order.sorted, { drafts, grid, dependence });
  if (multiplied.length > MAX_STEPS)
    return {
      problems: [
        {
          in: 'spec',
          path: ['steps'],
          kind: 'too-large',
          what: 'too many steps, counted with their cells',
          actual: multiplied.length,
          limit: MAX_STEPS,
        },
      ],
    };
  const nodes = withAxes(multiplied, options.sources);
  if ('problems' in nodes) return nodes;
  return {
    linked: { nodes: nodes.nodes, ...resultsByCell(results.results, grid, dependence), warnings: unusedParams(spec) },
  };
}

/** A step's drafts by the name of the part of the cell that it uses itself. */
type CellDrafts = ReadonlyMap<string, Draft>;

function draftCells(name: string, { matrix, usedBy, ownOf }: Grid, scope: Scope): CellDrafts {
  const step = scope.definitions.get(name)!;
  const own = ownOf.get(name) ?? [];
  return new Map(
    cellsOf(matrix, usedBy.get(name) ?? []).map((cell) => {
      const params = { ...scope.params, ...partOf(cell, Object.keys(scope.params)) };
      return [cellName(cell), draftNode(name, step, scope.spec.steps[name]!, partOf(cell, own), { ...scope, params })];
    }),
  );
}

/** The params of the matrix that each step depends on, by itself or through what it reads. */
function dependences(
  sorted: readonly Draft[],
  drafts: ReadonlyMap<string, CellDrafts>,
  { usedBy }: Grid,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { name } of sorted) {
    const read = [...drafts.get(name)!.values()].flatMap(({ inputs }) => Object.values(inputs).map(({ node }) => node));
    found.set(name, [...new Set([...(usedBy.get(name) ?? []), ...read.flatMap((step) => found.get(step)!)])]);
  }
  return found;
}

type Unlinked = Omit<LinkedNode, 'axes'>;

interface Multiplying {
  readonly drafts: ReadonlyMap<string, CellDrafts>;
  readonly grid: Grid;
  readonly dependence: ReadonlyMap<string, readonly string[]>;
}

/** Every step once per combination of what it depends on; it reads the nodes of its own cell. */
function multiply(sorted: readonly Draft[], { drafts, grid, dependence }: Multiplying): readonly Unlinked[] {
  return sorted.flatMap(({ name, step }) =>
    cellsOf(grid.matrix, dependence.get(name)).map((cell): Unlinked => {
      const { params, inputs } = drafts.get(name)!.get(cellName(partOf(cell, grid.usedBy.get(name) ?? [])))!;
      const ofCell = Object.entries(inputs).map(([input, { node, ...rest }]) => [
        input,
        { node: nodeId(node, partOf(cell, dependence.get(node)!)), ...rest },
      ]);
      return { id: nodeId(name, cell), name, cell, step, params, inputs: Object.fromEntries(ofCell) };
    }),
  );
}

/** Sections of steps that exist once stand apart from those of each cell. */
function resultsByCell(
  results: Plan['results'],
  { matrix }: Grid,
  dependence: ReadonlyMap<string, readonly string[]>,
): Pick<Linked, 'results' | 'cells'> {
  const sections = Object.entries(results);
  const depends = ({ node }: { readonly node: string }) => dependence.get(node)!.length > 0;
  const cells = Object.keys(matrix).length === 0 ? [] : cellsOf(matrix);
  return {
    results: Object.fromEntries(sections.filter(([, target]) => !depends(target))),
    cells: cells.map((values) => ({
      values,
      results: Object.fromEntries(
        sections
          .filter(([, target]) => depends(target))
          .map(([section, { node, output }]) => [section, { node: nodeId(node, partOf(values, dependence.get(node)!)), output }]),
      ),
    })),
  };
}

/** What is wrong in every cell is said once. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${formatPath(problem.path)}: ${problemText(problem)}`, problem])).values()];
}

function linkResults(scope: Scope): { readonly results: Plan['results']; readonly problems: readonly Problem[] } {
  const results: Record<string, { node: string; output: string }> = {};
  const problems: Problem[] = [];
  for (const [section, text] of Object.entries(scope.spec.results)) {
    const path = ['results', section];
    const reference = parseReference(text);
    if (reference.kind !== 'output') {
      problems.push({ in: 'spec', path, kind: 'bad-reference', reference: text });
      continue;
    }
    const target = findOutput(reference, path, scope);
    if ('problem' in target) problems.push(target.problem);
    else results[section] = { node: reference.step, output: reference.output };
  }
  return { results, problems };
}

/** Depth first in the order of the spec, so that the order is that of the file where it can be. */
function sortByEdges(drafts: readonly Draft[]): { readonly sorted: readonly Draft[] } | { readonly cycle: Problem } {
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  const sorted = new Set<Draft>();
  const visit = (draft: Draft, trail: readonly string[]): readonly string[] | undefined => {
    if (sorted.has(draft)) return undefined;
    if (trail.includes(draft.name)) return [...trail.slice(trail.indexOf(draft.name)), draft.name];
    for (const name of draft.after) {
      const before = byName.get(name);
      const circle = before === undefined ? undefined : visit(before, [...trail, draft.name]);
      if (circle !== undefined) return circle;
    }
    sorted.add(draft);
    return undefined;
  };
  for (const draft of drafts) {
    const circle = visit(draft, []);
    if (circle !== undefined) return { cycle: { in: 'spec', path: ['steps', circle[0]!], atKey: true, kind: 'cycle', steps: circle } };
  }
  return { sorted: [...sorted] };
}

function withAxes(
  unlinked: readonly Unlinked[],
  sources: Sources | undefined,
): { readonly nodes: readonly LinkedNode[] } | { readonly problems: readonly Problem[] } {
  const nodes = new Map<string, LinkedNode>();
  for (const node of unlinked) {
    const made = makeAxes({ ...node, sources }, (read) => nodes.get(read)!.axes);
    // Later steps take their axes from earlier ones: the first that fails hides theirs.
    if ('problems' in made) return made;
    nodes.set(node.id, { ...node, axes: made.axes });
  }
  return { nodes: [...nodes.values()] };
}

function unknownSteps(spec: Spec, steps: readonly StepDefinition[]): readonly Problem[] {
  const allowed = steps.map((step) => step.name);
  return Object.entries(spec.steps)
    .filter(([, { uses }]) => !allowed.includes(uses))
    .map(([id, { uses }]) => ({ in: 'spec', path: ['steps', id, 'uses'], kind: 'unknown-step', name: uses, allowed }));
}

function viewProblems(spec: Spec, views: readonly string[] | undefined): readonly Problem[] {
  if (views === undefined) return [];
  return spec.dashboard.views.flatMap((name, i): Problem[] =>
    views.includes(name) ? [] : [{ in: 'spec', path: ['dashboard', 'views', i], kind: 'unknown-view', name, allowed: views }],
  );
}

function unusedParams(spec: Spec): readonly string[] {
  const text = JSON.stringify(Object.values(spec.steps).map((step) => step.with));
  return Object.keys(spec.params)
    .filter((name) => !text.includes(`"$params.${name}"`))
    .map((name) => `the param ${name} is used by no step: setting it changes nothing`);
}
