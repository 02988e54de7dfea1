// The catalogue: every step that a pipeline may use. Whoever writes another one adds a file and a line here.
import type { StepDefinition } from '../pipelines/step.ts';
import { calibrateTemperature } from './calibrate-temperature.ts';
import { captureAnswers } from './capture-answers.ts';
import { captureHidden } from './capture-hidden.ts';
import { captureSites } from './capture-sites.ts';
import { checkSetup } from './check-setup.ts';
import { fitTStar } from './fit-t-star.ts';
import { fitTemperature } from './fit-temperature.ts';
import { generateResponses } from './generate-responses.ts';
import { injectNoise } from './inject-noise.ts';
import { loadDataset } from './load-dataset.ts';
import { measureCalibration } from './measure-calibration.ts';
import { noiseBySite } from './noise-by-site.ts';
import { numericFloor } from './numeric-floor.ts';
import { renderAnswers } from './render-answers.ts';
import { renderPrompts } from './render-prompts.ts';
import { scoreAnswers } from './score-answers.ts';
import { scoreTemperatures } from './score-temperatures.ts';
import { summarizeActivations } from './summarize-activations.ts';
import { summarizeFloor } from './summarize-floor.ts';
import { summarizeNoise } from './summarize-noise.ts';
import { summarizeSites } from './summarize-sites.ts';

export const steps: readonly StepDefinition[] = [
  loadDataset,
  renderPrompts,
  generateResponses,
  calibrateTemperature,
  captureHidden,
  injectNoise,
  summarizeNoise,
  scoreTemperatures,
  checkSetup,
  fitTStar,
  renderAnswers,
  captureAnswers,
  fitTemperature,
  scoreAnswers,
  measureCalibration,
  noiseBySite,
  summarizeSites,
  numericFloor,
  summarizeFloor,
  captureSites,
  summarizeActivations,
];
