// What a terminal says of a run: the sections that it has, and nothing of others.
import { describe, expect, it } from 'vitest';
import { renderResults } from '../../cli/results-text.ts';
import { calibrationRun, fixtureRun } from '../dashboards/fixture.ts';

describe('the results of a run', () => {
  it('of the study are its four tables with the mark and the verdict', () => {
    const text = renderResults(fixtureRun().record);
    for (const part of ['seed     42', 'Step 1', 'Step 3', 'Step 4', 'T* holds?', 'given T_base']) expect(text).toContain(part);
    expect(text).not.toMatch(/NLL|jackknife/);
  });

  it('say how many draws of a level lie at an end, which leaves it undecided', () => {
    const { record } = fixtureRun();
    const [first, ...others] = record.results.tStar!;
    const tStar = [{ ...first!, atEnd: 3, n: 30, verdict: 'undecided' as const }, ...others];
    expect(renderResults({ ...record, results: { ...record.results, tStar } })).toContain('undecided (3 of 30 at an end)');
  });

  it('of a calibration are the temperature and what it changes, with intervals and a verdict', () => {
    const text = renderResults(calibrationRun().record);
    expect(text).toContain('T = 1.0633  95 % 1.042 .. 1.085');
    expect(text).toMatch(/NLL \(nats\) +1\.4873 +1\.3889 \.\. 1\.5856 +1\.4778/);
    expect(text).toContain('the temperature helps');
    expect(text).not.toMatch(/Step \d|T_base|seed/);
  });

  it('say where the fit found no minimum', () => {
    const { record } = calibrationRun();
    const temperatureFit = { ...record.results.temperatureFit!, atEnd: 'high' as const, temperature: 50 };
    expect(renderResults({ ...record, results: { ...record.results, temperatureFit } })).toContain('T = 50.0000  an end of the range');
  });
});
