// What a run did cost beside what its plan had said: a row per step that was to run, or ran.
import type { NodeRecord } from '../artifacts/run-record.ts';
import { amount, rangeText, sizeText } from '../dashboards/format.ts';
import { formatDuration } from './format.ts';
import { type Column, renderTable } from './table.ts';

/** Empty where nothing was to run and nothing ran, and for runs of before costs were recorded. */
export function costText(nodes: readonly NodeRecord[]): string {
  const rows = nodes.filter(({ predicted, actual }) => (predicted?.units ?? 0) + (actual?.units ?? 0) > 0);
  if (rows.length === 0) return '';
  const hasTokens = rows.some((row) => tokensOf(row) !== '' || expectedTokens(row) !== '');
  return `Cost, as the plan said before and as it was\n${renderTable([...COLUMNS, ...(hasTokens ? TOKEN_COLUMNS : [])], rows)}`;
}

const COLUMNS: readonly Column<NodeRecord>[] = [
  { header: 'step', align: 'left', cell: ({ id }) => id },
  { header: 'expected units', cell: ({ predicted }) => (predicted === null ? '-' : String(predicted.units)) },
  { header: 'units', cell: ({ actual }) => (actual === null ? '-' : String(actual.units)) },
  { header: 'expected work', cell: (row) => expected(row, (price) => rangeText(price.seconds, formatDuration)) },
  { header: 'work', cell: ({ actual }) => (actual === null ? '-' : formatDuration(actual.seconds)) },
  { header: 'expected bytes', cell: (row) => expected(row, (price) => bytesText(price.bytes.median)) },
  { header: 'bytes', cell: ({ actual }) => (actual === null ? '-' : bytesText(actual.bytes)) },
];

const TOKEN_COLUMNS: readonly Column<NodeRecord>[] = [
  { header: 'expected tokens', cell: expectedTokens },
  { header: 'tokens', cell: tokensOf },
];

type Price = NonNullable<NonNullable<NodeRecord['predicted']>['price']>;

function expected({ predicted }: NodeRecord, show: (price: Price) => string): string {
  if (predicted === null) return '-';
  if (predicted.units === 0) return '';
  return predicted.price === null ? 'no history' : show(predicted.price);
}

function expectedTokens({ predicted }: NodeRecord): string {
  const tokens = predicted?.price?.tokens ?? null;
  return tokens === null || predicted?.units === 0 ? '' : rangeText(tokens, amount);
}

function tokensOf({ actual }: NodeRecord): string {
  return actual === null || actual.tokens === 0 ? '' : amount(actual.tokens);
}

function bytesText(bytes: number): string {
  return sizeText(Math.round(bytes));
}
