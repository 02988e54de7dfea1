// `tstar steps` and `tstar schema`: the steps as their schemas describe them.
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import { editorSchema } from '../pipelines/schema.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { knownSteps } from './known-steps.ts';
import { renderTable } from './table.ts';
import { printJson } from './workplace.ts';

export async function steps(name: string | undefined): Promise<number> {
  const known = await knownSteps();
  process.stdout.write(`${name === undefined ? overview(known) : describeStep(findStep(name, known))}\n`);
  return 0;
}

export async function schema({ events = false }: { readonly events?: boolean }): Promise<number> {
  if (events) printJson(z.toJSONSchema((await import('./events.ts')).eventSchema));
  else printJson(editorSchema(await knownSteps()));
  return 0;
}

function overview(known: readonly StepDefinition[]): string {
  return renderTable<StepDefinition>(
    [
      { header: 'step', align: 'left', cell: (step) => step.name },
      { header: 'runs on', align: 'left', cell: (step) => (step.device === 'model' ? 'cpu or cuda' : 'light') },
      { header: 'what it does', align: 'left', cell: (step) => step.summary },
    ],
    known,
  );
}

function findStep(name: string, known: readonly StepDefinition[]): StepDefinition {
  const step = known.find((candidate) => candidate.name === name);
  if (step !== undefined) return step;
  const nearest = nearestName(
    name,
    known.map((candidate) => candidate.name),
  );
  throw new UserError(`there is no step ${name}${nearest === undefined ? '' : `: did you mean ${nearest}?`} (tstar steps lists them)`);
}

interface Documented {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
}

function describeStep(step: StepDefinition): string {
  const inputs = Object.entries(step.inputs).map(
    ([name, input]): Documented => ({
      name,
      type: `${input.type.name} (${input.reads})`,
      default: input.when === undefined ? '' : 'optional',
      description: input.description,
    }),
  );
  const outputs = Object.entries(step.outputs).map(
    ([name, type]): Documented => ({ name, type: `${type.name} (${type.format})`, default: '', description: type.description }),
  );
  const parts = [
    `${step.name} (version ${step.version}): ${step.summary}`,
    section('params', paramsOf(step)),
    section('inputs', inputs),
    section('outputs', outputs),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function paramsOf(step: StepDefinition): Documented[] {
  const json = z.toJSONSchema(step.params, { io: 'input' }) as { properties?: Record<string, Record<string, unknown>> };
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    type: Array.isArray(property.enum) ? property.enum.join(' | ') : String(property.type ?? 'number | string'),
    default: property.default === undefined ? '' : JSON.stringify(property.default),
    description: String(property.description ?? ''),
  }));
}

function section(title: string, rows: readonly Documented[]): string {
  if (rows.length === 0) return '';
  const columns = (['name', 'type', 'default', 'description'] as const).map((field) => ({
    header: field,
    align: 'left' as const,
    cell: (row: Documented) => row[field],
  }));
  return `${title}\n${renderTable(columns, rows)}`;
}
