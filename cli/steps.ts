// `tstar steps` and `tstar schema`: the steps as their schemas describe them.
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import { nearestName } from '../pipelines/nearest-name.ts';
import { editorSchema } from '../pipelines/schema.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import { knownSteps } from './known-steps.ts';
import { documentStep, type StepDocument, stepMarkdown, stepText } from './step-docs.ts';
import { renderTable } from './table.ts';
import { printJson } from './workplace.ts';

export async function steps(
  name: string | undefined,
  { json = false, md = false }: { readonly json?: boolean; readonly md?: boolean } = {},
): Promise<number> {
  const known = await knownSteps();
  const documents = (name === undefined ? known : [findStep(name, known)]).map(documentStep);
  if (json) printJson(name === undefined ? documents : documents[0]);
  else if (md) process.stdout.write(`${documents.map((document) => stepMarkdown(document)).join('\n\n')}\n`);
  else process.stdout.write(`${name === undefined ? overview(documents) : documents.map(stepText).join('')}\n`);
  return 0;
}

export async function schema({ events = false }: { readonly events?: boolean }): Promise<number> {
  if (events) printJson(z.toJSONSchema((await import('./events.ts')).eventSchema));
  else printJson(editorSchema(await knownSteps(), (await import('../dashboards/view-names.ts')).viewNames));
  return 0;
}

function overview(documents: readonly StepDocument[]): string {
  return renderTable<StepDocument>(
    [
      { header: 'step', align: 'left', cell: (step) => step.name },
      { header: 'runs on', align: 'left', cell: (step) => (step.runsOn === 'tstar' ? 'light' : 'cpu or cuda') },
      { header: 'what it does', align: 'left', cell: (step) => step.summary },
    ],
    documents,
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
