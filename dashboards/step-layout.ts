// Where the boxes of a run's steps lie: in layers from left to right, by dagre (the layered drawing of Gansner et al. 1993),
// each step to the right of all that it reads; or, for narrow places, in a list with the lines in lanes beside it.
import { Graph, layout } from '@dagrejs/dagre';
import type { NodeRecord } from '../artifacts/run-record.ts';

export interface StepEdge {
  readonly from: string;
  readonly output: string;
  readonly to: string;
  readonly input: string;
  /** `each`: unit by unit; `all`: the whole index. */
  readonly reads: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In units of the picture, from its upper left corner; a step's point is its box's centre. */
export interface StepLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Point>;
  readonly boxSize: BoxSize;
  /** One line per pair of steps, around the boxes between them; its last point lies on the reader's box. */
  readonly lines: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[];
}

/** What each step reads from others of the run. */
export function stepEdges(nodes: readonly NodeRecord[]): readonly StepEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return nodes.flatMap(({ id, inputs }) =>
    Object.entries(inputs)
      .filter(([, { node }]) => ids.has(node))
      .map(([input, { node, output, reads }]) => ({ from: node, output, to: id, input, reads })),
  );
}

export interface BoxSize {
  readonly width: number;
  readonly height: number;
}

/** Room for a line's arrow between layers, and between boxes of a layer. */
const BETWEEN_LAYERS = 34;
const BETWEEN_BOXES = 14;
/** A line is level for so long at either end. */
const LEVEL = 10;

export function layOutLayers(nodes: readonly NodeRecord[], size: BoxSize): StepLayout {
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: 'LR', ranksep: BETWEEN_LAYERS, nodesep: BETWEEN_BOXES, edgesep: BETWEEN_BOXES });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { ...size });
  for (const { from, to } of stepEdges(nodes)) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    boxes: new Map(nodes.map(({ id }) => [id, graph.node(id) as Point])),
    boxSize: size,
    lines: (graph.edges() as { v: string; w: string }[]).map(({ v, w }) => {
      const [from, to] = [graph.node(v) as Point, graph.node(w) as Point];
      const [start, end] = [from.x + size.width / 2, to.x - size.width / 2];
      // dagre aims at the boxes' centres; here a line leaves to the right and arrives from the left.
      const between = (graph.edge(v, w) as { points: Point[] }).points.filter(({ x }) => x > start + LEVEL && x < end - LEVEL);
      const ends = (point: Point, first: number, second: number) => [
        { x: first, y: point.y },
        { x: second, y: point.y },
      ];
      return { from: v, to: w, points: [...ends(from, start, start + LEVEL), ...between, ...ends(to, end - LEVEL, end)] };
    }),
  };
}

const LANE = 9;
const INTO_BOX = 12;

/** One box below the other, over the whole width but for the lanes; a record's steps stand after what they read. */
export function layOutList(nodes: readonly NodeRecord[], { width, height }: BoxSize): StepLayout {
  const lanes = lanesOf(nodes);
  const gutter = (Math.max(-1, ...lanes.values()) + 1) * LANE + INTO_BOX;
  const boxSize = { width: width - gutter, height };
  const y = new Map(nodes.map(({ id }, i) => [id, i * (height + BETWEEN_BOXES) + height / 2]));
  const pairs = new Map(stepEdges(nodes).map(({ from, to }) => [JSON.stringify([from, to]), { from, to }]));
  return {
    width,
    height: nodes.length * (height + BETWEEN_BOXES) - BETWEEN_BOXES,
    boxes: new Map(nodes.map(({ id }) => [id, { x: gutter + boxSize.width / 2, y: y.get(id)! }])),
    boxSize,
    lines: [...pairs.values()].map(({ from, to }) => {
      const [lane, start, end] = [gutter - INTO_BOX - lanes.get(from)! * LANE, y.get(from)! + height / 4, y.get(to)! - height / 8];
      return {
        from,
        to,
        points: [
          { x: gutter, y: start },
          { x: lane, y: start },
          { x: lane, y: end },
          { x: gutter, y: end },
        ],
      };
    }),
  };
}

/** A lane for the lines of each step that is read; a lane is free again below the last reader. */
function lanesOf(nodes: readonly NodeRecord[]): ReadonlyMap<string, number> {
  const row = new Map(nodes.map(({ id }, i) => [id, i]));
  const edges = stepEdges(nodes);
  const busyUntil: number[] = [];
  const lanes = new Map<string, number>();
  for (const { id } of nodes) {
    const readers = edges.filter(({ from }) => from === id).map(({ to }) => row.get(to)!);
    if (readers.length === 0) continue;
    const free = busyUntil.findIndex((until) => until <= row.get(id)!);
    const lane = free < 0 ? busyUntil.length : free;
    busyUntil[lane] = Math.max(...readers);
    lanes.set(id, lane);
  }
  return lanes;
}
