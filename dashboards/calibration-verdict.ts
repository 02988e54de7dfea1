// The verdict of a temperature calibration: which temperature, and what it does to answers that it was not fitted on.
import type { CalibrationMeasure } from '../artifacts/calibration-record.ts';
import type { Results } from '../artifacts/run-record.ts';
import { count, decimals, interval, percent, withInterval } from './format.ts';
import type { Verdict } from './verdict.ts';

/** undefined where the run has not measured the calibration. */
export function calibrationVerdict({ temperatureFit: fit, calibrationScores: scores }: Results): Verdict | undefined {
  if (fit === undefined || scores === undefined) return undefined;
  const of = (measure: CalibrationMeasure['measure']) => scores.measures.find((row) => row.measure === measure)!;
  const [nll, ece, brier, accuracy] = [of('nll'), of('ece'), of('brier'), of('accuracy')];
  const found =
    fit.atEnd === null
      ? `The temperature of the least NLL is ${withInterval(fit.temperature, fit.temperatureLow, fit.temperatureHigh, 3)}.`
      : `The NLL has no minimum between T = 0.02 and 50; T = ${fit.temperature} is an end.`;
  const change = `the NLL per token from ${decimals(nll.before, 3)} to ${decimals(nll.after, 3)} nats (change ${interval(nll.changeLow, nll.changeHigh, 3)})`;
  const does = { helps: 'it lowers', hurts: 'it raises', undecided: 'it is not shown to lower or raise' }[scores.verdict];
  const eceChange = `the calibration error (ECE) goes from ${percent(ece.before, 1)} to ${percent(ece.after, 1)}${sayUnclear(ece)}`;
  return {
    sentence: `${found} On answers that it was not fitted on, ${does} ${change}; ${eceChange}.`,
    leads: [
      `Brier score ${decimals(brier.before, 4)} to ${decimals(brier.after, 4)}${sayUnclear(brier)}; accuracy ${percent(accuracy.before, 1)}, which no temperature changes.`,
      `Fitted on ${count(fit.tokens, 'token')} of ${count(fit.prompts.length, 'answer')}, measured on ${count(scores.tokens, 'token')} of ${count(scores.prompts, 'other')}.`,
    ],
    overall: scores.verdict,
    brief: `T = ${decimals(fit.temperature, 3)}, ECE ${percent(ece.before, 1)} to ${percent(ece.after, 1)}`,
  };
}

/** A change whose interval holds 0 may be none. */
function sayUnclear({ changeLow, changeHigh }: CalibrationMeasure): string {
  if (changeLow === null || changeHigh === null) return ' (no interval)';
  return changeLow > 0 || changeHigh < 0 ? '' : ' (the interval of the change holds 0)';
}
