// A step as its schema describes it: plain data (`tstar steps --json`), text for a terminal, Markdown for docs/reference.
import { axisParams } from '../pipelines/axes.ts';
import { expectedWords, unwrap } from '../pipelines/expected.ts';
import { type AxisDefinition, activityName, type StepDefinition } from '../pipelines/step.ts';
import { markdownTable } from './markdown.ts';
import { renderTable } from './table.ts';

export interface StepDocument {
  readonly name: string;
  readonly version: number;
  readonly summary: string;
  /** Activity type in Temporal. */
  readonly activity: string;
  readonly runsOn: 'tstar' | 'tstar-cpu or tstar-cuda';
  readonly params: readonly DocumentedField[];
  readonly inputs: readonly DocumentedField[];
  readonly outputs: readonly DocumentedField[];
  /** A unit, which is what is cached, is one coordinate of these. */
  readonly axes: readonly DocumentedField[];
  readonly unitsPerShard: number;
  /** Params that a matrix may multiply over: those that are no axis. */
  readonly matrix: readonly string[];
}

interface DocumentedField {
  readonly name: string;
  readonly type: string;
  /** As YAML takes it; `required`, `optional`, or empty where neither says anything. */
  readonly default: string;
  readonly description: string;
}

export function documentStep(step: StepDefinition): StepDocument {
  return {
    name: step.name,
    version: step.version,
    summary: step.summary,
    activity: activityName(step.name),
    runsOn: step.device === 'model' ? 'tstar-cpu or tstar-cuda' : 'tstar',
    params: Object.keys(step.params.shape).map((name) => documentParam(step, name)),
    inputs: Object.entries(step.inputs).map(([name, { type, reads, when, description }]) => ({
      name,
      type: `${type.name}, ${reads === 'each' ? 'the unit at the same coordinates' : 'all units'}`,
      default: when === undefined ? 'required' : 'where a param asks for it',
      description,
    })),
    outputs: Object.entries(step.outputs).map(([name, { name: type, format, description }]) => ({
      name,
      type: `${type}, ${format}`,
      default: '',
      description,
    })),
    axes: Object.entries(step.axes).map(([name, axis]) => ({ name, type: axisWords(axis), default: '', description: '' })),
    unitsPerShard: step.shardUnits,
    matrix: Object.keys(step.params.shape).filter((name) => !axisParams(step).has(name)),
  };
}

/** For a terminal. */
export function stepText(document: StepDocument): string {
  const { name, version, summary, runsOn, activity, unitsPerShard, matrix } = document;
  const tables = tablesOf(document).map(({ title, columns, rows }) => {
    const texts = columns.map(({ header, field }) => ({ header, align: 'left' as const, cell: (row: DocumentedField) => row[field] }));
    return `${title}\n${renderTable(texts, rows)}`;
  });
  const about = `  runs on ${runsOn} as the activity ${activity}, at most ${unitsPerShard} units in a shard${matrix.length === 0 ? '' : `\n  a matrix may multiply it over ${matrix.join(', ')}`}`;
  return [`${name} (version ${version}): ${summary}\n${about}`, ...tables].join('\n\n');
}

/** A section of a page, its heading of the given level. */
export function stepMarkdown(document: StepDocument, level = 2): string {
  const { name, version, summary, runsOn, activity, unitsPerShard, matrix } = document;
  const tables = tablesOf(document).map(
    ({ title, columns, rows }) =>
      `**${title}**\n\n${markdownTable(
        columns.map(({ header }) => header),
        rows.map((row) => columns.map(({ field }) => row[field])),
      )}`,
  );
  const about = `Version ${version}; runs on \`${runsOn}\` as the activity \`${activity}\`, at most ${unitsPerShard} units in a shard.${matrix.length === 0 ? '' : ` A matrix may multiply it over ${matrix.map((param) => `\`${param}\``).join(', ')}.`}`;
  return [`${'#'.repeat(level)} ${name}`, `${summary}.`, about, ...tables].join('\n\n');
}

interface DocumentTable {
  readonly title: string;
  readonly columns: readonly { readonly header: string; readonly field: keyof DocumentedField }[];
  readonly rows: readonly DocumentedField[];
}

function tablesOf({ params, inputs, outputs, axes }: StepDocument): readonly DocumentTable[] {
  const name = { header: 'name', field: 'name' } as const;
  const type = { header: 'type', field: 'type' } as const;
  const description = { header: 'description', field: 'description' } as const;
  const tables: DocumentTable[] = [
    { title: 'params', columns: [name, type, { header: 'default', field: 'default' }, description], rows: params },
    { title: 'inputs', columns: [name, type, { header: 'given', field: 'default' }, description], rows: inputs },
    { title: 'outputs', columns: [name, type, description], rows: outputs },
    { title: 'axes', columns: [name, { header: 'values', field: 'type' }], rows: axes },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function documentParam(step: StepDefinition, name: string): DocumentedField {
  const schema = step.params.shape[name]!;
  // A schema answers `undefined` with its default, or refuses it.
  const absent = schema.safeParse(undefined);
  return {
    name,
    type: expectedWords(unwrap(schema)),
    default: absent.success ? (absent.data === undefined ? 'optional' : JSON.stringify(absent.data)) : 'required',
    description: schema.description ?? '',
  };
}

function axisWords(axis: AxisDefinition): string {
  if ('list' in axis) return `those of the param ${axis.list}`;
  if ('count' in axis) return `0 to ${axis.count} - 1`;
  if ('range' in axis) return `${axis.range.count} numbers from ${axis.range.offset} on`;
  if ('chosenBy' in axis) return `what the param ${axis.chosenBy} chooses among the parts of the model`;
  return `those of the input ${axis.from}${axis.limit === undefined ? '' : `, the first ${axis.limit} of them`}`;
}
