// The plan: what a pipeline compiles to. Plain JSON, written once into the store and read by workflows (which see
// digests only) and by activities. This file imports nothing, so that workflows may use its helpers.

/** Any JSON value. Keys, plans and run records are made of nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A place on a step's axes, for instance `{ prompt: 3, draw: 2, noise: 0.1 }`. */
export type Coordinates = Readonly<Record<string, number | string>>;

/** Where an ONNX step runs, and light steps (no model) with the workflows. */
export type QueueName = 'tstar' | 'tstar-cpu' | 'tstar-cuda';

/** Which output of which node an input reads; `each` names the axes that both share, `all` reads the whole index. */
export interface PlanInput {
  readonly node: string;
  readonly output: string;
  readonly reads: 'each' | 'all';
}

/** One axis of a node with its values, in the order that people gave them. */
export interface PlanAxis {
  readonly name: string;
  readonly values: readonly (number | string)[];
}

/** One combination of a matrix's values: `{ model: 'a', seed: 1 }`. */
export type CellValues = { readonly [param: string]: Json };

/** A cell of the run's grid: the whole pipeline with these values. */
export interface PlanCell {
  readonly values: CellValues;
  /** Sections of nodes that the matrix multiplies; those that exist once are the plan's own. */
  readonly results: { readonly [section: string]: { readonly node: string; readonly output: string } };
}

/** A step of the pipeline with everything decided that can be decided before anything runs. */
export interface PlanNode {
  /** The step's name in the pipeline, with the part of the matrix's cell that it depends on: `hidden`, `hidden[seed=1]`. */
  readonly id: string;
  /** That part; absent where the node exists once. */
  readonly cell?: CellValues;
  /** The step type: `capture-hidden`. */
  readonly step: string;
  readonly version: number;
  /** The activity type: `captureHidden`. */
  readonly activity: string;
  readonly queue: QueueName;
  /** Validated params with defaults. */
  readonly params: { readonly [name: string]: Json };
  /** What the unit keys contain of the params: no axis lists, models and datasets replaced by their digests. */
  readonly identity: { readonly [name: string]: Json };
  /** Numeric environment of ONNX steps (precision, provider, TF32, runtime version, graph digest), else null. */
  readonly environment: Json;
  readonly inputs: { readonly [name: string]: PlanInput };
  readonly outputs: readonly string[];
  readonly axes: readonly PlanAxis[];
  /** Units that travel in one shard where nothing is recorded of their cost. */
  readonly shardUnits: number;
}

export interface Plan {
  readonly format: 1;
  readonly pipeline: string;
  readonly description: string;
  /** Those that the matrix multiplies are in `cells`. */
  readonly params: { readonly [name: string]: Json };
  readonly nodes: readonly PlanNode[];
  /** Sections of the run's results: which node's output each one is. */
  readonly results: { readonly [section: string]: { readonly node: string; readonly output: string } };
  /** The grid that `matrix` makes, the last param fastest; absent without one. */
  readonly cells?: readonly PlanCell[];
  readonly views: readonly string[];
  /** Models and datasets as they were resolved: names, digests, where from. */
  readonly sources: Json;
  readonly warnings: readonly string[];
  /** The store that holds (or will hold) this run's artifacts; a worker with another store refuses. */
  readonly store: string;
}

/** How many units a node has: the product of its axes' lengths (1 for a node without axes). */
export function unitCount(node: Pick<PlanNode, 'axes'>): number {
  return node.axes.reduce((count, axis) => count * axis.values.length, 1);
}

/** All coordinates of a node, the last axis fastest. */
export function* unitsOf(node: Pick<PlanNode, 'axes'>): Generator<Coordinates> {
  const walk = function* (depth: number, place: Coordinates): Generator<Coordinates> {
    const axis = node.axes[depth];
    if (axis === undefined) yield place;
    else for (const value of axis.values) yield* walk(depth + 1, { ...place, [axis.name]: value });
  };
  yield* walk(0, {});
}

/** The part of `place` that lies on the given axes; what an `each` reader looks up in its input's index. */
export function projectCoordinates(place: Coordinates, axes: readonly { readonly name: string }[]): Coordinates {
  return Object.fromEntries(axes.map((axis) => [axis.name, place[axis.name] as number | string]));
}

/** `prompt=3 draw=2 noise=0.1`, as people and `--cell` write it. */
export function formatCoordinates(place: Coordinates): string {
  return Object.entries(place)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** `model=a,seed=1`: params by name, so that the order in which a matrix is written names nothing anew. */
export function cellName(values: CellValues): string {
  return Object.keys(values)
    .sort()
    .map((name) => `${name}=${cellValueText(values[name]!)}`)
    .join(',');
}

/** A text that needs no quotes: it reads as nothing else, and ends where the next value begins. */
const PLAIN_TEXT = /^(?!(true|false|null)$)[A-Za-z~/.][\w.:/@+~-]*$/;

/** A value of a cell, as people write it. */
export function cellValueText(value: Json): string {
  return typeof value === 'string' && PLAIN_TEXT.test(value) ? value : JSON.stringify(value);
}

/** `hidden[seed=1]` */
export function nodeId(step: string, cell: CellValues): string {
  const name = cellName(cell);
  return name === '' ? step : `${step}[${name}]`;
}

/** A node's id taken apart: the step as the pipeline names it, and the name of its part of a cell (empty where it exists once). */
export function splitNodeId(id: string): { readonly step: string; readonly cell: string } {
  const open = id.indexOf('[');
  return open < 0 ? { step: id, cell: '' } : { step: id.slice(0, open), cell: id.slice(open + 1, -1) };
}

export interface CellGroup<Node> {
  /** Empty for nodes that exist once, which come first. */
  readonly cell: string;
  readonly members: readonly Node[];
}

/** Nodes by their part of a cell, as people read them: each group below its name. */
export function byCell<Node extends { readonly id: string }>(nodes: readonly Node[]): readonly CellGroup<Node>[] {
  const groups = new Map<string, Node[]>([['', []]]);
  for (const node of nodes) {
    const { cell } = splitNodeId(node.id);
    const group = groups.get(cell);
    if (group === undefined) groups.set(cell, [node]);
    else group.push(node);
  }
  return [...groups].map(([cell, members]) => ({ cell, members })).filter(({ members }) => members.length > 0);
}

/** What units cost: seconds of work, bytes put, tokens generated. */
export interface Cost {
  readonly seconds: number;
  readonly bytes: number;
  readonly tokens: number;
}

export const NO_COST: Cost = { seconds: 0, bytes: 0, tokens: 0 };

/** `a + sign * b` */
export function addCost(a: Cost, b: Cost, sign: 1 | -1 = 1): Cost {
  return { seconds: a.seconds + sign * b.seconds, bytes: a.bytes + sign * b.bytes, tokens: a.tokens + sign * b.tokens };
}
