// The run as a graph: a box per step, a line per thing it reads, and in each box what the cache gave, what was computed and
// how long workers took. What did not finish is drawn hollow. Where layers do not fit the width, steps stand in a list with
// arcs beside it.
import * as Plot from '@observablehq/plot';
import { mergeCells } from '../../artifacts/cell-record.ts';
import type { NodeRecord } from '../../artifacts/run-record.ts';
import type { DashboardData } from '../data.ts';
import { count, duration } from '../format.ts';
import { layOutLayers, layOutList, type StepLayout, stepEdges } from '../step-layout.ts';
import { drawFigure, type LegendItem, tag, tagGroup } from './figure.ts';
import { colour } from './palette.ts';
import type { Frame, View } from './view.ts';

export const stepGraph: View = {
  name: 'step-graph',
  title: 'Steps of the run',
  place: 'whole',
  requires: 'run',
  caption: ({ record }) =>
    `Each box is a step${record.cells.length === 0 ? '' : ', in all cells together'}, each arrow what it reads. The bar is the share of its units that the cache gave, that were computed, and (hollow) that are missing; below, the time that workers took.`,
  axes: () => ['linear'],
  render: draw,
  table: ({ record }) => ({
    columns: [
      { name: 'from', label: 'from' },
      { name: 'output', label: 'output' },
      { name: 'to', label: 'to' },
      { name: 'input', label: 'input' },
      { name: 'reads', label: 'reads' },
    ],
    rows: stepEdges(mergeCells(record.nodes)).map(({ from, output, to, input, reads }) => [from, output, to, input, reads]),
  }),
};

interface Box {
  readonly id: string;
  readonly finished: boolean;
  /** Shares of the units, in [0, 1]. */
  readonly hit: number;
  readonly computed: number;
  readonly counts: string;
  readonly time: string;
  readonly tip: string;
}

const HIT = colour('green');
const COMPUTED = colour('blue');
const LEGEND: readonly LegendItem[] = [
  { label: 'computed', colour: COMPUTED, symbol: 'band' },
  { label: 'from the cache', colour: HIT, symbol: 'band' },
  { label: 'not finished', colour: colour('muted'), symbol: 'frame' },
];

function boxOf(node: NodeRecord, cells: number): Box {
  const { id, step, version, units, hit, computed, index, queue, shards } = node;
  const busyMs = shards.reduce((sum, shard) => sum + Date.parse(shard.endedAt) - Date.parse(shard.startedAt), 0);
  const again = shards.filter(({ attempt }) => attempt > 1).length;
  const finished = index !== null;
  const time = shards.length === 0 ? '' : duration(busyMs);
  return {
    id,
    finished,
    hit: units === 0 ? 0 : hit / units,
    computed: units === 0 ? 0 : computed / units,
    counts: countsOf(node),
    time,
    tip: [
      `${id}: ${step} v${version}, queue ${queue}${cells === 0 ? '' : `, in ${count(cells, 'cell')}`}`,
      `${count(units, 'unit')}: ${hit} from the cache, ${computed} computed${finished ? '' : ', not finished'}`,
      ...(time === ''
        ? []
        : [`${time} of workers' time in ${count(shards.length, 'shard')}${again === 0 ? '' : `, ${again} tried again`}`]),
    ].join('\n'),
  };
}

/** How often a step of a matrix is there; 0 where it exists once. */
function cellsOf(nodes: readonly NodeRecord[], step: string): number {
  return nodes.filter(({ id }) => id.startsWith(`${step}[`)).length;
}

function countsOf({ units, hit, computed, index }: NodeRecord): string {
  if (index === null) return hit + computed === 0 ? 'not run' : `${hit + computed} of ${units} done`;
  if (computed === 0) return `${hit} cached`;
  return hit === 0 ? `${computed} computed` : `${computed} new, ${hit} cached`;
}

/** In layers: name, counts, time, bar. In a list the time stands beside the name. */
const BOX_HEIGHT = { layers: 66, list: 50 } as const;
const SMALL = 11.5;
/** Of the widest face that systems fall back to. */
const EM_PER_LETTER = 0.62;

type Arrangement = keyof typeof BOX_HEIGHT;

function draw({ record }: DashboardData, frame: Frame): string {
  const nodes = mergeCells(record.nodes);
  const boxes = nodes.map((node) => boxOf(node, cellsOf(record.nodes, node.id)));
  const letters = (size: number, text: string) => text.length * size * EM_PER_LETTER;
  const width = Math.max(...boxes.map((box) => Math.max(letters(13, box.id), letters(SMALL, box.counts)))) + 18;
  const layers = layOutLayers(nodes, { width, height: BOX_HEIGHT.layers });
  if (layers.width <= frame.width - 8) return drawLayout(boxes, layers, 'layers', frame);
  return drawLayout(boxes, layOutList(nodes, { width: frame.width - 8, height: BOX_HEIGHT.list }), 'list', frame);
}

function drawLayout(boxes: readonly Box[], layout: StepLayout, arrangement: Arrangement, frame: Frame): string {
  const side = (frame.width - layout.width) / 2;
  return drawFigure(
    {
      label: 'The steps of the run as a graph: what each reads, how many of its units were computed or came from the cache, and its time',
      height: layout.height + 20,
      legend: LEGEND,
      plot: {
        margin: 10,
        marginTop: 10,
        marginBottom: 10,
        marginLeft: side,
        marginRight: side,
        x: { axis: null, domain: [0, layout.width] },
        y: { axis: null, domain: [layout.height, 0] },
        marks: [...lineMarks(layout, arrangement), ...boxMarks(boxes, layout, arrangement)],
      },
    },
    frame,
  );
}

function lineMarks({ lines }: StepLayout, arrangement: Arrangement): Plot.Markish[] {
  const ends = lines.map(({ points }) => points.at(-1)!);
  return [
    ...lines.map(({ from, to, points }) =>
      Plot.line(points, {
        x: 'x',
        y: 'y',
        curve: arrangement === 'layers' ? 'basis' : 'linear',
        stroke: colour('gray'),
        strokeWidth: 1.25,
        ...tagGroup({ 'data-from': from, 'data-to': to }),
      }),
    ),
    Plot.dot(ends, { x: 'x', y: 'y', dx: -4, r: 4, symbol: 'triangle', rotate: 90, fill: colour('gray') }),
  ];
}

function boxMarks(boxes: readonly Box[], { boxes: places, boxSize }: StepLayout, arrangement: Arrangement): Plot.Markish[] {
  const left = ({ id }: Box) => places.get(id)!.x - boxSize.width / 2;
  const top = ({ id }: Box) => places.get(id)!.y - boxSize.height / 2;
  const edges = {
    x1: left,
    x2: (box: Box) => left(box) + boxSize.width,
    y1: top,
    y2: (box: Box) => top(box) + boxSize.height,
    rx: 6,
  };
  const bar = (from: (box: Box) => number, share: (box: Box) => number, style: object) => {
    const [x, width] = [(box: Box) => left(box) + 9, boxSize.width - 18];
    return Plot.rect(boxes, {
      x1: (box: Box) => x(box) + width * from(box),
      x2: (box: Box) => x(box) + width * (from(box) + share(box)),
      y1: (box: Box) => top(box) + boxSize.height - 12,
      y2: (box: Box) => top(box) + boxSize.height - 6,
      ...style,
    });
  };
  const text = (channel: (box: Box) => string, dy: number, style: Plot.TextOptions = {}) =>
    arrangement === 'layers'
      ? Plot.text(boxes, { x: ({ id }: Box) => places.get(id)!.x, y: top, dy, text: channel, ...style })
      : Plot.text(boxes, { x: left, y: top, dx: 9, dy, textAnchor: 'start', text: channel, ...style });
  const unfinished = boxes.filter(({ finished }) => !finished);
  const finished = boxes.filter((box) => box.finished);
  return [
    Plot.rect(finished, { ...edges, fill: colour('paper'), stroke: colour('muted') }),
    Plot.rect(unfinished, { ...edges, fill: colour('paper'), stroke: colour('muted'), strokeDasharray: '5,4' }),
    bar(
      () => 0,
      () => 1,
      { stroke: colour('gray'), strokeWidth: 0.75 },
    ),
    bar(
      () => 0,
      ({ hit }) => hit,
      { fill: HIT },
    ),
    bar(
      ({ hit }) => hit,
      ({ computed }) => computed,
      { fill: COMPUTED },
    ),
    text(({ id }) => id, 15, { fontWeight: 600 }),
    text(({ counts }) => counts, 31, { fontSize: SMALL }),
    arrangement === 'layers'
      ? text(({ time }) => time, 45, { fontSize: SMALL, fill: colour('muted') })
      : Plot.text(boxes, { x: edges.x2, y: top, dx: -9, dy: 15, textAnchor: 'end', text: 'time', fontSize: SMALL, fill: colour('muted') }),
    // Last, over the whole box: what the pointer meets.
    Plot.rect(boxes, { ...edges, fill: 'transparent', title: 'tip', ...tag(boxes, ({ id }) => ({ 'data-node': id })) }),
  ];
}
