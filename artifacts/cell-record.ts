// A run with a matrix, cell by cell: each as the record of a run of its own, so that whatever shows a run shows a cell.
import { cellName, type Json } from '../pipelines/plan.ts';
import type { RunRecord } from './run-record.ts';

export interface Cell {
  /** `model=a,seed=1` */
  readonly name: string;
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
    return { name: cellName(values), record: one };
  });
}

/** The params of the matrix, each with its values in the order of the cells. */
export function matrixOf({ cells }: Pick<RunRecord, 'cells'>): Readonly<Record<string, readonly Json[]>> {
  const names = Object.keys(cells[0]?.values ?? {});
  return Object.fromEntries(
    names.map((name) => [name, [...new Map(cells.map(({ values }) => [JSON.stringify(values[name]), values[name]!])).values()]]),
  );
}

/** All models of a run, without a matrix at most one; so the datasets. */
export function namesOf({ cells, ...run }: Pick<RunRecord, 'cells' | 'model' | 'dataset'>, what: 'model' | 'dataset'): readonly string[] {
  const all = [run[what], ...cells.map((cell) => cell[what])];
  return [...new Set(all.flatMap((found) => (found === null ? [] : [found.name])))];
}

function isPartOf(part: Readonly<Record<string, Json>>, values: Readonly<Record<string, Json>>): boolean {
  return Object.entries(part).every(([name, value]) => JSON.stringify(values[name]) === JSON.stringify(value));
}

function sum(nodes: RunRecord['nodes'], field: 'hit' | 'computed'): number {
  return nodes.reduce((total, node) => total + node[field], 0);
}
