// A plan for people: a table with what each step would run and cost, as text for a terminal or as Markdown with a graph.
import type { PlannedStep } from '../activities/plan-steps.ts';
import { addPrices, type Price } from '../activities/unit-price.ts';
import type { Range } from '../artifacts/run-record.ts';
import { amount, count, rangeText, sizeText } from '../dashboards/format.ts';
import { byCell, type Plan, splitNodeId } from '../pipelines/plan.ts';
import { formatDuration } from './format.ts';
import { type Column, renderTable } from './table.ts';

export interface TotalPrice extends Omit<Price, 'runs'> {
  /** Steps that would run and have no history: the sums lack them. */
  readonly unknown: readonly string[];
}

export function totalPrice(steps: readonly PlannedStep[]): TotalPrice {
  const { seconds, bytes, tokens } = addPrices(steps.flatMap(({ price }) => (price === null ? [] : [price])));
  return { seconds, bytes, tokens, unknown: steps.filter(({ price }) => price === null).map(({ id }) => id) };
}

const COLUMNS: readonly Column<PlannedStep>[] = [
  { header: 'step', align: 'left', cell: ({ id }) => (splitNodeId(id).cell === '' ? id : `  ${splitNodeId(id).step}`) },
  { header: 'type', align: 'left', cell: (step) => step.step },
  { header: 'queue', align: 'left', cell: (step) => step.queue },
  { header: 'units', cell: (step) => String(step.units) },
  { header: 'hit', cell: (step) => (step.hits === null ? '?' : String(step.hits)) },
  { header: 'to run', cell: (step) => (step.hits === null ? '?' : String(step.units - step.hits)) },
  { header: 'expected', align: 'left', cell: (step) => priceText(step) },
  { header: 'why', align: 'left', cell: (step) => step.why },
];

export function planText({ pipeline, description, warnings }: Plan, steps: readonly PlannedStep[]): string {
  const minds = warnings.map((warning) => `\n  mind: ${warning}`).join('');
  return `${pipeline}: ${description}\n${stepsTable(steps)}\n  ${totalText(steps)}${minds}`;
}

/** Steps that exist once first, then those of every cell of a matrix below its name. */
function stepsTable(steps: readonly PlannedStep[]): string {
  const groups = byCell(steps);
  const [header, rule, ...rows] = renderTable(
    COLUMNS,
    groups.flatMap(({ members }) => members),
  ).split('\n');
  const lines = groups.flatMap(({ cell, members }) => [...(cell === '' ? [] : [`  ${cell}`]), ...rows.splice(0, members.length)]);
  return [header, rule, ...lines].join('\n');
}

export function planMarkdown(plan: Plan, steps: readonly PlannedStep[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const parts = [
    `## ${plan.pipeline}`,
    plan.description,
    [
      row(COLUMNS.map(({ header }) => header)),
      row(COLUMNS.map(({ align }) => (align === 'left' ? '---' : '---:'))),
      ...steps.map((step) => row([step.id, ...COLUMNS.slice(1).map(({ cell }) => cell(step))])),
    ].join('\n'),
    totalText(steps),
    ...plan.warnings.map((warning) => `> mind: ${warning}`),
    mermaid(plan, steps),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function mermaid({ nodes }: Plan, steps: readonly PlannedStep[]): string {
  const number = new Map(nodes.map(({ id }, i) => [id, i]));
  const boxes = steps.map(
    (step, i) => `  n${i}["${step.id.replaceAll('"', '#quot;')}<br/>${stateText(step)}"]${step.hits === step.units ? ':::hit' : ''}`,
  );
  const edges = nodes.flatMap(({ id, inputs }) =>
    [...new Set(Object.values(inputs).map(({ node }) => node))].map((from) => `  n${number.get(from)} --> n${number.get(id)}`),
  );
  return ['```mermaid', 'graph LR', ...boxes, ...edges, '  classDef hit fill:#e8f5e9,stroke:#2e7d32', '```'].join('\n');
}

function stateText({ units, hits }: PlannedStep): string {
  if (hits === null) return `${count(units, 'unit')}, waits`;
  if (hits === units) return `${count(units, 'unit')}, ${units === 1 ? 'a hit' : 'all hit'}`;
  return `${amount(units - hits)} of ${count(units, 'unit')} to run`;
}

function priceText({ price, hits, units }: PlannedStep): string {
  if (hits === units) return '';
  if (price === null) return 'no history';
  const { seconds, bytes, tokens } = price;
  const parts = [rangeText(seconds, formatDuration), sizeText(Math.round(bytes.median))];
  return [...parts, ...(tokens === null ? [] : [tokensText(tokens)])].join(', ');
}

function totalText(steps: readonly PlannedStep[]): string {
  if (steps.every(({ hits, units }) => hits === units)) return 'nothing to run';
  const { seconds, bytes, tokens, unknown } = totalPrice(steps);
  if (steps.every(({ price, hits, units }) => price === null || hits === units)) return 'expected: no history';
  const atMost = steps.some(({ hits }) => hits === null) ? 'at most ' : '';
  const lacking = unknown.length === 0 ? '' : `, and ${unknown.join(', ')} (no history)`;
  const parts = [
    `${rangeText(seconds, formatDuration)} of work`,
    rangeText(bytes, (value) => sizeText(Math.round(value))),
    ...(tokens === null ? [] : [tokensText(tokens)]),
  ];
  return `expected: ${atMost}${parts.join(', ')}${lacking}`;
}

function tokensText(tokens: Range): string {
  return `${rangeText(tokens, amount)} tokens`;
}
