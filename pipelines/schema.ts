// The JSON schema of pipeline files, for editors: the spec's own schema, and per `uses` the keys of `with` with types and
// descriptions from the steps. pipelines/schema.json is this, written by `tstar schema`; a test holds the two together.
import { z } from 'zod';
import { specSchema } from './spec.ts';
import type { StepDefinition } from './step.ts';

type JsonSchema = { [key: string]: unknown };

const PARAM_REFERENCE = { type: 'string', pattern: '^\\$params\\.[A-Za-z][A-Za-z0-9_-]*$' };
const OUTPUT_REFERENCE = '^\\$[A-Za-z][A-Za-z0-9_-]*\\.[A-Za-z][A-Za-z0-9_-]*$';

export function editorSchema(steps: readonly StepDefinition[]): JsonSchema {
  const { $schema, properties, ...rest } = z.toJSONSchema(specSchema, { io: 'input' }) as JsonSchema & { properties: JsonSchema };
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

function stepSchema(steps: readonly StepDefinition[]): JsonSchema {
  return {
    type: 'object',
    required: ['uses'],
    properties: {
      uses: { description: 'the step type', oneOf: steps.map((step) => ({ const: step.name, description: step.summary })) },
      with: { type: 'object' },
    },
    additionalProperties: false,
    allOf: steps.map((step) => ({
      if: { properties: { uses: { const: step.name } }, required: ['uses'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON schema; nothing awaits this.
      then: { properties: { with: withSchema(step) } },
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
    properties: Object.fromEntries([...inputs, ...params]),
    required: [...needed.map(([name]) => name), ...required],
    additionalProperties: false,
  };
}

/** A value of the step's own type, or a reference to a param of the pipeline. */
function paramProperty({ description, default: standard, source: _source, split: _split, ...schema }: JsonSchema): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [schema, PARAM_REFERENCE],
  };
}
