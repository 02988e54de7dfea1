// What a run that computed the same logits in several ways found: the alpha that the way of computing makes.
import { COMPARISON_LABELS, FLOORS, isChoice } from '../artifacts/floor-record.ts';
import type { Results } from '../artifacts/run-record.ts';
import { listed, scientific } from './format.ts';
import type { Verdict } from './verdict.ts';

/** undefined where nothing was measured, and where the floor only stands beside other results. */
export function floorVerdict({ numericFloor: floor, ...others }: Results): Verdict | undefined {
  if (floor === undefined || floor.alpha === null || Object.keys(others).length > 0) return undefined;
  const labels = (isMeasured: boolean) =>
    floor.rows
      .filter((row) => !isChoice(row.comparison) && (row.alpha !== null) === isMeasured)
      .map((row) => COMPARISON_LABELS[row.comparison]);
  const missing = labels(false);
  return {
    sentence:
      floor.alpha === 0
        ? 'Every way of computing the same logits gives the same bits: no α is made by the way of computing.'
        : `The way the same logits are computed makes an α of at most ${scientific(floor.alpha)}: an α below ${scientific(FLOORS * floor.alpha)} is not told apart from it.`,
    leads: [`Compared: ${listed(labels(true))}.${missing.length === 0 ? '' : ` Not measured: ${listed(missing)}.`}`],
    overall: 'measured',
    brief: floor.alpha === 0 ? 'the same bits every way' : `numeric floor ${scientific(floor.alpha)}`,
  };
}
