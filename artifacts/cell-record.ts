// A run with a matrix, cell by cell: each as the record of a run of its own, so that whatever shows a run shows a cell.
import { type CellValues, cellName, cellValueText, type Json, splitNodeId } from '../pipelines/plan.ts';
import { canonicalJson } from './canonical-json.ts';
import type { NodeRecord, RunRecord } from './run-record.ts';

export interface Cell {
  /** `model=a,seed=1` */
  readonly name: string;
  /** The values of the matrix's params, as people write them. */
  readonly texts: Readonly<Record<string, string>>;
  readonly record: RunRecord;
}

/** The cells in the order of the matrix; none where the run has no matrix. */
export function cellsOfRun(record: RunRecord): readonly Cell[] {
  return record.cells.map((cell) => {
    const nodes = record.nodes.filter((node) => isPartOf(node.cell ?? {}, cell.values));
    const { values, model, dataset, bos, warnings } = cell;
    const one = {
      ...record,
      params: { ...record.params, ...values },
      ...{ model, dataset, bos, warnings, nodes },
      units: { hit: sum(nodes, 'hit'), computed: sum(nodes, 'computed') },
      sections: { ...record.sections, ...cell.sections },
      results: { ...record.results, ...cell.results },
      cells: [],
    };
    const texts = Object.fromEntries(Object.entries(values).map(([param, value]) => [param, cellValueText(value)]));
    return { name: cellName(values), texts, record: one };
  });
}

/** The params of the matrix, each with its values in the order of the cells. */
export function matrixOf({ cells }: Pick<RunRecord, 'cells'>): Readonly<Record<string, readonly Json[]>> {
  const names = Object.keys(cells[0]?.values ?? {});
  return Object.fromEntries(
    names.map((name) => [name, [...new Map(cells.map(({ values }) => [JSON.stringify(values[name]), values[name]!])).values()]]),
  );
}

/** `seed = 1, 2; model = a, b` */
export function matrixWords(record: Pick<RunRecord, 'cells'>): string {
  return Object.entries(matrixOf(record))
    .map(([name, values]) => `${name} = ${values.map(cellValueText).join(', ')}`)
    .join('; ');
}

/** A node per step: the nodes of a step in all cells as one, which reads the steps that they read. */
export function mergeCells(nodes: readonly NodeRecord[]): readonly NodeRecord[] {
  const byStep = new Map<string, NodeRecord[]>();
  for (const node of nodes) {
    const { step } = splitNodeId(node.id);
    const own = byStep.get(step);
    if (own === undefined) byStep.set(step, [node]);
    else own.push(node);
  }
  return [...byStep].map(([step, own]) =>
    own.length === 1 && own[0]!.id === step ? { ...own[0]!, ...readsSteps(own) } : mergeNodes(step, own),
  );
}

function mergeNodes(step: string, own: readonly NodeRecord[]): NodeRecord {
  const times = (field: 'startedAt' | 'endedAt') => own.flatMap((node) => node[field] ?? []).sort();
  return {
    ...own[0]!,
    id: step,
    ...readsSteps(own),
    units: sum(own, 'units'),
    hit: sum(own, 'hit'),
    computed: sum(own, 'computed'),
    index: own.every(({ index }) => index !== null) ? own[0]!.index : null,
    shards: own.flatMap(({ shards }) => shards),
    predicted: null,
    actual: null,
    startedAt: times('startedAt')[0] ?? null,
    endedAt: times('endedAt').at(-1) ?? null,
  };
}

function readsSteps(own: readonly NodeRecord[]): Pick<NodeRecord, 'inputs'> {
  const inputs = own.flatMap((node) => Object.entries(node.inputs));
  return { inputs: Object.fromEntries(inputs.map(([name, input]) => [name, { ...input, node: splitNodeId(input.node).step }])) };
}

/** All models of a run, without a matrix at most one; so the datasets. */
export function namesOf({ cells, ...run }: Pick<RunRecord, 'cells' | 'model' | 'dataset'>, what: 'model' | 'dataset'): readonly string[] {
  const all = [run[what], ...cells.map((cell) => cell[what])];
  return [...new Set(all.flatMap((found) => (found === null ? [] : [found.name])))];
}

/** Whether these values have those of the part: a node that depends on a part of a cell belongs to every cell that has it. */
export function isPartOf(part: CellValues, values: CellValues): boolean {
  return Object.entries(part).every(([name, value]) => canonicalJson(values[name] ?? null) === canonicalJson(value));
}

function sum(nodes: readonly NodeRecord[], field: 'units' | 'hit' | 'computed'): number {
  return nodes.reduce((total, node) => total + node[field], 0);
}
