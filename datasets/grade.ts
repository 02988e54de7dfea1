// Whether an extracted answer is the true one: both are read as Python's float() reads them and may differ by less than
// the study's tolerance; where one is no number the texts decide. An empty answer is never correct.
import { parsePythonFloat, stripBlanks } from './python-text.ts';

/** The study's: grade-school answers are whole or have few decimals, float32 printing noise is below this. */
const TOLERANCE = 1e-5;

export function isCorrect(extracted: string, truth: string): boolean {
  if (extracted === '' || truth === '') return false;
  const given = parsePythonFloat(extracted);
  const wanted = parsePythonFloat(truth);
  if (given === undefined || wanted === undefined) return stripBlanks(extracted) === stripBlanks(truth);
  return Math.abs(given - wanted) < TOLERANCE;
}
