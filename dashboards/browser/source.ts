// Where a number comes from: the cell, its step and objects, the run, and the command that computes it again.
import type { NodeRecord } from '../../artifacts/run-record.ts';
import type { Embedded, EmbeddedRun } from '../embedded.ts';
import { copyText } from './copy.ts';
import { type FoundUnit, type Place, sourceUnits, unitsAt } from './units.ts';

/** Attributes of a mark that are no coordinates. */
const NO_PLACE = ['tip', 'node', 'run', 'from', 'to'];
/** Units listed one by one; a mean over more has its command all the same. */
const LISTED = 60;

/** Opens the panel of a mark. */
export function openSource(mark: HTMLElement | SVGElement): void {
  const all = JSON.parse(document.querySelector('#data')!.textContent!) as Embedded;
  const run = runOf(mark, all);
  const section = mark.closest<HTMLElement>('[data-section]')?.dataset.section ?? 'run';
  const place = placeOf(mark);
  const dialog = document.querySelector<HTMLDialogElement>('#source')!;
  const close = make('button', 'Close');
  close.addEventListener('click', () => dialog.close());
  const tools = make('div', '');
  tools.className = 'buttons';
  tools.append(...highlightButtons(mark, dialog), close);
  dialog.replaceChildren(make('pre', mark.dataset.tip ?? ''), ...facts(run, { node: mark.dataset.node, section, place }), tools);
  dialog.showModal();
}

/** A mark of a compared run, or of a cell among others, says which; in a cell's own section the section does. */
function runOf(mark: HTMLElement | SVGElement, all: Embedded): EmbeddedRun {
  const place = Number(mark.dataset.run ?? 0);
  const cell = mark.closest('[data-cells]') === null ? mark.closest<HTMLElement>('[data-cell]')?.dataset.cell : place;
  const own = all.record.cells[Number(cell)];
  if (cell === undefined || own === undefined) return all.compared[place - 1] ?? all;
  const sections = { ...all.record.sections, ...own.sections };
  return {
    record: { ...all.record, sections },
    rowDigests: { ...all.rowDigests, ...all.cells[Number(cell)]?.rowDigests },
    units: all.units,
  };
}

/** `noise` is the one name in figures for the axis that step 3 calls scale. */
function placeOf({ dataset }: HTMLElement | SVGElement): Place {
  const place = Object.fromEntries(Object.entries(dataset).filter(([name]) => !NO_PLACE.includes(name)));
  return place.noise === undefined ? place : { ...place, scale: place.noise };
}

function facts(run: EmbeddedRun, { node, section, place }: { node: string | undefined; section: string; place: Place }): HTMLElement[] {
  const { record } = run;
  const table = record.nodes.find(({ id }) => id === (node ?? record.sections[section]?.node));
  if (table === undefined) return [definitions([runRow(run)])];
  const units = node === undefined ? sourceUnits(run, table, place) : unitsAt(run, node, place);
  const only = units.length === 1 ? units[0]! : undefined;
  const step = only === undefined ? table : record.nodes.find(({ id }) => id === only.node)!;
  const rows: Row[] = [['step', [`${step.id} (${step.step}, version ${step.version})`]]];
  if (only === undefined) {
    if (node === undefined) rows.push(['made from', [madeFrom(units) || 'the units of the steps that it reads']]);
    const own = unitsAt(run, table.id, {});
    const shown = node === undefined ? record.sections[section]?.output : undefined;
    rows.push(...objectRows(own.length === 1 ? own[0] : undefined, table, shown));
  } else {
    rows.push(['cell', [only.cell.replaceAll(',', ' ') || 'the step’s only unit']], ...objectRows(only, table));
    if (only.node !== table.id) rows.push(['then in', [`${table.id} (${table.step}), with the other cells`]]);
  }
  if (run.rowDigests[section] !== undefined && node === undefined) rows.push(['table rows', [code(run.rowDigests[section]), ' (Parquet)']]);
  rows.push(runRow(run));
  const lone = unitsAt(run, step.id, {}).length <= 1;
  if (only !== undefined || lone) rows.push(['compute again', [command(record.run, step.id, only?.cell ?? '')]]);
  return [definitions(rows), ...(units.length > 1 ? [unitList(record.run, units)] : [])];
}

type Row = readonly [string, readonly (Node | string)[]];

/** All objects of a unit, or the one that the figure is drawn from. */
function objectRows(unit: FoundUnit | undefined, { index }: NodeRecord, shown?: string): Row[] {
  if (unit === undefined) return index === null ? [['objects', ['none: the step did not finish']]] : [['index', [code(index)]]];
  if (unit.outputs === null) return [['objects', ['none: this unit is missing']]];
  return unit.outputs.filter(([name]) => shown === undefined || name === shown).map(([name, digest]) => [`object ${name}`, [code(digest)]]);
}

function runRow({ record }: EmbeddedRun): Row {
  const { run, uiAddress } = record;
  if (uiAddress === null || !/^https?:/.test(uiAddress)) return ['run', [code(run), ` in namespace ${record.namespace}`]];
  const link = Object.assign(make('a', 'in the Temporal UI'), { href: uiAddress });
  return ['run', [code(run), ' ', link]];
}

function madeFrom(units: readonly FoundUnit[]): string {
  const counts = new Map<string, number>();
  for (const { node } of units) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts].map(([node, count]) => `${count} ${count === 1 ? 'unit' : 'units'} of ${node}`).join(', ');
}

function unitList(run: string, units: readonly FoundUnit[]): HTMLElement {
  const details = make('details', '');
  const missing = units.filter(({ outputs }) => outputs === null).length;
  details.append(make('summary', `${units.length} units${missing === 0 ? '' : `, ${missing} missing`}, each with its command`));
  for (const { node, cell, outputs } of units.slice(0, LISTED)) {
    const line = make('p', `${node} ${cell.replaceAll(',', ' ')} `);
    line.append(code(outputs === null ? 'missing' : outputs.map(([, digest]) => digest.slice(0, 12)).join(' ')), command(run, node, cell));
    details.append(line);
  }
  if (units.length > LISTED) details.append(make('p', `and ${units.length - LISTED} more`));
  return details;
}

/** The command, to be copied. Names that a shell would take apart are quoted. */
function command(run: string, step: string, cell: string): HTMLElement {
  const quote = (text: string) => (/^[\w.:=,/@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const text = ['tstar', 'repro', run, step, ...(cell === '' ? [] : ['--cell', cell])].map(quote).join(' ');
  const place = make('span', '');
  const button = make('button', 'Copy');
  button.addEventListener('click', () => void copyText(button, text));
  place.className = 'command';
  place.append(code(text), button);
  return place;
}

function highlightButtons({ dataset }: HTMLElement | SVGElement, dialog: HTMLDialogElement): HTMLElement[] {
  return (['noise', 'prompt'] as const)
    .filter((pick) => dataset[pick] !== undefined)
    .map((pick) => {
      const button = make('button', `Highlight ${pick} ${dataset[pick]}`);
      button.addEventListener('click', () => {
        document.dispatchEvent(new CustomEvent('pick', { detail: { pick, value: dataset[pick] } }));
        dialog.close();
      });
      return button;
    });
}

function definitions(rows: readonly Row[]): HTMLElement {
  const list = make('dl', '');
  for (const [name, value] of rows) {
    const definition = make('dd', '');
    definition.append(...value);
    list.append(make('dt', name), definition);
  }
  return list;
}

function code(text: string): HTMLElement {
  return make('code', text);
}

function make<Name extends keyof HTMLElementTagNameMap>(name: Name, text: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
