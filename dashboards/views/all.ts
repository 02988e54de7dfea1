// The views, in the order of the page.
import { activations } from './activations.ts';
import { alpha } from './alpha.ts';
import { calibration } from './calibration.ts';
import { calibrationChange } from './calibration-change.ts';
import { cells } from './cells.ts';
import { confidence } from './confidence.ts';
import { differenceByPrompt } from './difference-by-prompt.ts';
import { effectiveMean } from './effective-mean.ts';
import { effectiveNoise } from './effective-noise.ts';
import { effectiveNoiseByPrompt } from './effective-noise-by-prompt.ts';
import { klByTemperature } from './kl-by-temperature.ts';
import { noiseBySite } from './noise-by-site.ts';
import { numericFloor } from './numeric-floor.ts';
import { observedAgainstPredicted } from './observed-against-predicted.ts';
import { preservation } from './preservation.ts';
import { reliability } from './reliability.ts';
import { stepGraph } from './step-graph.ts';
import { tStar } from './t-star.ts';
import { timeline } from './timeline.ts';
import { verdict } from './verdict.ts';
import type { View } from './view.ts';

export const views: readonly View[] = [
  verdict,
  tStar,
  calibration,
  klByTemperature,
  observedAgainstPredicted,
  differenceByPrompt,
  alpha,
  effectiveNoise,
  preservation,
  effectiveMean,
  calibrationChange,
  reliability,
  confidence,
  noiseBySite,
  numericFloor,
  activations,
  effectiveNoiseByPrompt,
  cells,
  stepGraph,
  timeline,
];
