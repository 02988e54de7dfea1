// The steps that a command knows: the catalogue, and the modules that TSTAR_STEPS (or --steps, which sets it) names.
import { loadSteps, stepModules } from '../activities/load-steps.ts';
import { steps as catalogue } from '../activities/steps.ts';
import type { StepDefinition } from '../pipelines/step.ts';

export function knownSteps(): Promise<readonly StepDefinition[]> {
  return loadSteps(stepModules(process.env), catalogue);
}
