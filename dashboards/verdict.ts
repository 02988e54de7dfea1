// What a run or a cell of it found, in a sentence that a person can quote; each kind of result that is judged has a file of its own. Also for
// terminals.
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import { activationsVerdict } from './activations-verdict.ts';
import { calibrationVerdict } from './calibration-verdict.ts';
import { floorVerdict } from './floor-verdict.ts';
import { gridVerdict } from './grid-verdict.ts';
import { siteVerdict } from './site-verdict.ts';
import { tStarVerdict } from './t-star-verdict.ts';

export interface Verdict {
  /** One or two sentences in plain words. */
  readonly sentence: string;
  /** What stands below it: other marks, on how much it rests. */
  readonly leads: readonly string[];
  /** `measured`: a number, and nothing that it was held against. */
  readonly overall: 'holds' | 'fails' | 'helps' | 'hurts' | 'undecided' | 'measured';
  /** In a few words, for a list of runs. */
  readonly brief: string;
}

/** undefined where the run has nothing that is judged. */
export function verdictOf(results: Results): Verdict | undefined {
  return (
    tStarVerdict(results) ?? calibrationVerdict(results) ?? siteVerdict(results) ?? floorVerdict(results) ?? activationsVerdict(results)
  );
}

/** Of a run with a matrix: over its cells. A run that came to its numeric floor alone, and asked for more, has found nothing yet. */
export function runVerdict(record: RunRecord): Verdict | undefined {
  if (record.cells.length > 0) return gridVerdict(record, verdictOf);
  const isMore = (section: string) => section !== 'numericFloor';
  const isFloorAlone = Object.keys(record.sections).some(isMore) && !Object.keys(record.results).some(isMore);
  return isFloorAlone ? undefined : verdictOf(record.results);
}
