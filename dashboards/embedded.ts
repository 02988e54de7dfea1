// What the page carries as JSON: the run record and its rows for whoever reads the file, and the units that its marks lead to.
import type { EffectiveNoiseDraw, RunRecord, TStarDraw } from '../artifacts/run-record.ts';
import type { DashboardData } from './data.ts';
import { type EmbeddedUnits, embedUnits } from './units.ts';

export interface EmbeddedRun {
  readonly record: RunRecord;
  readonly rowDigests: { readonly [section: string]: string };
  readonly units: { readonly [node: string]: EmbeddedUnits };
}

export interface Embedded extends EmbeddedRun {
  readonly effectiveNoiseDraws: readonly EffectiveNoiseDraw[] | null;
  readonly tStarDraws: readonly TStarDraw[] | null;
  /** Runs drawn beside this one; their own pages have their units. */
  readonly compared: readonly EmbeddedRun[];
}

/** Texts of the generations are on the page already: once is enough. */
export function embedded({ record, effectiveNoiseDraws, tStarDraws, rowDigests, units, compared = [] }: DashboardData): Embedded {
  const few = <Row>(rows: readonly Row[] | undefined) => (rows === undefined || rows.length > 20_000 ? null : rows);
  return {
    record,
    rowDigests: rowDigests ?? {},
    units: embedUnits(units ?? []),
    effectiveNoiseDraws: few(effectiveNoiseDraws),
    tStarDraws: few(tStarDraws),
    compared: compared.map((other) => ({ record: other.record, rowDigests: other.rowDigests ?? {}, units: {} })),
  };
}
