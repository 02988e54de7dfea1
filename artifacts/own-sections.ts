// Sections of a run's results that no shipped pipeline has: numbers and tables of numbers as steps of one's own put them. Terminal and
// page show them alike: a row per object, and a field with `Low` and `High` beside it with its interval.
import { type Results, resultsSchema } from './run-record.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface OwnSection {
  readonly name: string;
  readonly columns: readonly { readonly field: string; readonly hasInterval: boolean }[];
  readonly rows: readonly Fields[];
}

export function ownSections(results: Results): readonly OwnSection[] {
  return Object.entries(results)
    .filter(([name, value]) => !(name in resultsSchema.shape) && value !== undefined)
    .map(([name, value]) => ownSection(name, value));
}

function ownSection(name: string, value: unknown): OwnSection {
  const rows = (Array.isArray(value) ? value : [value]).map((row): Fields => (isFields(row) ? row : { [name]: row }));
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const hasInterval = (field: string) => fields.includes(`${field}Low`) && fields.includes(`${field}High`);
  const spreads = new Set(fields.filter(hasInterval).flatMap((field) => [`${field}Low`, `${field}High`, `${field}Se`]));
  const columns = fields.filter((field) => !spreads.has(field)).map((field) => ({ field, hasInterval: hasInterval(field) }));
  return { name, columns, rows };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
