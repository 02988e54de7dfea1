// What the page carries as JSON: the run record and its rows for whoever reads the file, and the units that its marks lead to.
import type { RunRecord } from '../artifacts/run-record.ts';
import type { EffectiveNoiseDraw, TStarDraw } from '../artifacts/study-record.ts';
import type { DashboardData } from './data.ts';
import { type EmbeddedUnits, embedUnits } from './units.ts';

export interface EmbeddedRun {
  readonly record: RunRecord;
  readonly rowDigests: { readonly [section: string]: string };
  readonly units: { readonly [node: string]: EmbeddedUnits };
}

export interface Embedded extends EmbeddedRun, EmbeddedRows {
  /** Runs drawn beside this one; their own pages have their units. */
  readonly compared: readonly EmbeddedRun[];
  /** Rows of the cells of a matrix; what else there is of them is in the record, their units among the run's. */
  readonly cells: readonly EmbeddedRows[];
}

export interface EmbeddedRows {
  readonly rowDigests: { readonly [section: string]: string };
  readonly effectiveNoiseDraws: readonly EffectiveNoiseDraw[] | null;
  readonly tStarDraws: readonly TStarDraw[] | null;
}

/** Texts of the generations are on the page already: once is enough. */
export function embedded(data: DashboardData): Embedded {
  const { record, units = [], compared = [], cells = [] } = data;
  return {
    record,
    units: embedUnits(units),
    ...rowsOf(data),
    compared: compared.map((other) => ({ record: other.record, rowDigests: other.rowDigests ?? {}, units: {} })),
    cells: cells.map(rowsOf),
  };
}

function rowsOf({ rowDigests = {}, effectiveNoiseDraws, tStarDraws }: DashboardData): EmbeddedRows {
  const few = <Row>(rows: readonly Row[] | undefined) => (rows === undefined || rows.length > 20_000 ? null : rows);
  return { rowDigests, effectiveNoiseDraws: few(effectiveNoiseDraws), tStarDraws: few(tStarDraws) };
}
