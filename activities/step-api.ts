// What a step outside of this repository imports as `tstar/step`: the shape of a step, the codecs and types of artifacts, and
// the intervals. `z` is the zod that the product checks params with.

export { z } from 'zod';
export type { ArtifactType } from '../artifacts/artifact-type.ts';
export { jsonType, tableType, tensorsType } from '../artifacts/codecs.ts';
export { TransientError, UserError } from '../formats/user-error.ts';
export { intervalOverPrompts, wilsonInterval } from '../numerics/intervals.ts';
export { defineStep, type StepCall, type StepDefinition, type UnitCall, type UnitResult } from '../pipelines/step.ts';
export * from './artifact-types.ts';
