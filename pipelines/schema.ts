// The JSON schema of pipeline files, for editors: the spec's own schema, and per `uses` the keys of `with` with types and
// descriptions from the steps; the names of views and of param types for completion. pipelines/schema.json is this, written by
// `npm run docs`; a test holds the two together.
import { z } from 'zod';
import { axisParams } from './axes.ts';
import { PARAM_TYPES } from './param-type.ts';
import { specSchema } from './spec.ts';
import type { StepDefinition } from './step.ts';

type JsonSchema = { [key: string]: unknown };

const PARAM_REFERENCE = { type: 'string', pattern: '^\\$params\\.[A-Za-z][A-Za-z0-9_-]*$' };
const OUTPUT_REFERENCE = '^\\$[A-Za-z][A-Za-z0-9_-]*\\.[A-Za-z][A-Za-z0-9_-]*$';

export function editorSchema(steps: readonly StepDefinition[], views: readonly string[]): JsonSchema {
  const { $schema, properties, ...rest } = z.toJSONSchema(specSchema, { io: 'input', override: completeWords(views) }) as JsonSchema & {
    properties: JsonSchema;
  };
  return {
    $schema,
    title: 'A tstar pipeline',
    ...rest,
    properties: {
      ...properties,
      steps: { type: 'object', description: 'the steps by name', minProperties: 1, additionalProperties: stepSchema(steps) },
    },
  };
}

/** What the spec leaves to later checks (a union of types, a view by its name) gets the words to complete. */
function completeWords(views: readonly string[]) {
  const viewList = specSchema.shape.dashboard.unwrap().shape.views.unwrap();
  const paramType = specSchema.shape.params.unwrap().valueType.shape.type;
  return ({ zodSchema, jsonSchema }: { readonly zodSchema: unknown; readonly jsonSchema: JsonSchema }): void => {
    if (zodSchema === viewList) jsonSchema.items = { enum: views };
    if (zodSchema !== paramType) return;
    delete jsonSchema.type;
    jsonSchema.anyOf = [{ enum: PARAM_TYPES }, { type: 'string' }];
  };
}

function stepSchema(steps: readonly StepDefinition[]): JsonSchema {
  return {
    type: 'object',
    required: ['uses'],
    properties: {
      uses: { description: 'the step type', oneOf: steps.map((step) => ({ const: step.name, description: step.summary })) },
      with: { type: 'object', description: 'params and inputs of the step: values, $params.NAME, or $STEP.OUTPUT' },
      matrix: { type: 'object', description: 'values of params of this step, in place of `with`: one step per combination' },
    },
    additionalProperties: false,
    allOf: steps.map((step) => ({
      if: { properties: { uses: { const: step.name } }, required: ['uses'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON schema; nothing awaits this.
      then: { properties: { with: withSchema(step), matrix: stepMatrixSchema(step) }, ...eitherOne(step) },
    })),
  };
}

function withSchema(step: StepDefinition): JsonSchema {
  const { properties = {}, required = [] } = z.toJSONSchema(step.params, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const params = Object.entries(properties).map(([name, schema]) => [name, paramProperty(schema)]);
  const inputs = Object.entries(step.inputs).map(([name, input]) => [
    name,
    { type: 'string', pattern: OUTPUT_REFERENCE, description: `${input.description} (an output of type ${input.type.name})` },
  ]);
  const needed = Object.entries(step.inputs).filter(([, input]) => input.when === undefined);
  return {
    type: 'object',
    description: `params and inputs of ${step.name}: ${step.summary}`,
    properties: Object.fromEntries([...inputs, ...params]),
    required: [...needed.map(([name]) => name), ...required.filter((name) => axisParams(step).has(name))],
    additionalProperties: false,
  };
}

/** A param without a default stands in `with` or in the step's matrix. */
function eitherOne(step: StepDefinition): JsonSchema {
  const { required = [] } = z.toJSONSchema(step.params, { io: 'input', unrepresentable: 'any' }) as { required?: string[] };
  const free = required.filter((name) => !axisParams(step).has(name));
  if (free.length === 0) return {};
  const has = (key: 'with' | 'matrix', name: string): JsonSchema => ({ required: [key], properties: { [key]: { required: [name] } } });
  return { allOf: free.map((name) => ({ anyOf: [has('with', name), has('matrix', name)] })) };
}

/** Lists of values of the params that are no axis; a key of it need not stand in `with`. */
function stepMatrixSchema(step: StepDefinition): JsonSchema {
  const { properties = {} } = z.toJSONSchema(step.params, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, JsonSchema>;
  };
  const selections = axisParams(step);
  const lists = Object.entries(properties)
    .filter(([name]) => !selections.has(name))
    .map(([name, { description, default: _default, source: _source, split: _split, ...items }]) => [
      name,
      { ...(description === undefined ? {} : { description }), type: 'array', minItems: 1, uniqueItems: true, items },
    ]);
  return { type: 'object', properties: Object.fromEntries(lists), additionalProperties: false };
}

/** A value of the step's own type, or a reference to a param of the pipeline. */
function paramProperty({ description, default: standard, source: _source, split: _split, ...schema }: JsonSchema): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [schema, PARAM_REFERENCE],
  };
}
