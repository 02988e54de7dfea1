// A pipeline as people write it: params with defaults, steps that use them and each other's outputs, which outputs are the
// results, which views show them. The schema for editors and the checks of a file both come from here.
import { z } from 'zod';

/** Names of params, steps and results: what `$name.output` can spell. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** Names of pipelines. */
export const KEBAB_PATTERN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const nameSchema = z.string().regex(NAME_PATTERN).max(64);

export const paramDeclarationSchema = z.strictObject({
  type: z
    .string()
    .describe(
      'string, integer, number or boolean; a union with words: number | calibrate, shared | independent; a list: number[], string[]',
    ),
  default: z.json().optional().describe('value where a run gives none; a param without one must be given'),
  description: z.string().optional().describe('what it means, with its unit'),
  minimum: z.number().optional().describe('smallest value (of each item of a list)'),
  maximum: z.number().optional().describe('largest value (of each item of a list)'),
  exclusiveMinimum: z.number().optional().describe('every value must be above this'),
  minItems: z.number().int().min(0).optional().describe('fewest items of a list'),
});
export type ParamDeclaration = z.output<typeof paramDeclarationSchema>;

const matrixSchema = z.record(nameSchema, z.array(z.json()));

export const stepSchema = z.strictObject({
  uses: z.string().describe('the step type (tstar steps lists them)'),
  with: z.record(z.string(), z.json()).default({}).describe('params and inputs: values, $params.NAME, or $STEP.OUTPUT'),
  matrix: matrixSchema.optional().describe('values of params of this step, in place of `with`: one step per combination'),
});
export type StepSpec = z.output<typeof stepSchema>;

export const specSchema = z.strictObject({
  name: z.string().regex(KEBAB_PATTERN).max(64).describe('kebab-case; the workflow type in Temporal'),
  description: z.string().max(2000).default('').describe('one line: what the pipeline answers'),
  params: z.record(nameSchema, paramDeclarationSchema).default({}).describe('what a run may change'),
  matrix: matrixSchema.optional().describe('values of params: the pipeline once per combination, each cell cached by itself'),
  steps: z.record(nameSchema, stepSchema).describe('the steps by name'),
  results: z.record(nameSchema, z.string()).default({}).describe('sections of the results: $STEP.OUTPUT'),
  dashboard: z
    .strictObject({ views: z.array(z.string()).default([]).describe('figures in this order; left out, every figure that has data') })
    .default({ views: [] })
    .describe('what the page of a run shows'),
});
export type Spec = z.output<typeof specSchema>;
