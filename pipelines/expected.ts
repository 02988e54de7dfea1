// A zod schema's failures as problems, and what a schema expects in words. No text of the library reaches a person.
import { z } from 'zod';
import type { Path, Problem } from './issues.ts';
import { KEBAB_PATTERN } from './spec.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface CheckPlace {
  readonly in: Problem['in'];
  readonly path: Path;
  /** What a value at a key came from (`$params.drawCount`). */
  readonly from?: (key: string | number | undefined) => string | undefined;
}

/** The parsed value, or a problem per failure, each at its own path. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: CheckPlace,
): { readonly value: z.output<Schema> } | { readonly problems: readonly Problem[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  return { problems: parsed.error.issues.flatMap((issue) => issueProblems(schema, value, issue, place)) };
}

function issueProblems(schema: z.ZodType, root: unknown, issue: z.core.$ZodIssue, place: CheckPlace): readonly Problem[] {
  const inner = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const at = { in: place.in, path: [...place.path, ...inner] };
  const here = schemaAt(schema, inner);
  if (issue.code === 'unrecognized_keys') {
    const allowed = here === undefined ? [] : keysOf(here);
    return issue.keys.map((key) => ({ ...at, path: [...at.path, key], atKey: true, kind: 'unknown-key', key, allowed }));
  }
  if (issue.code === 'invalid_key') {
    const name = String(inner.at(-1));
    return [{ ...at, atKey: true, kind: 'bad-name', name, expected: 'a letter, then letters, digits, - and _ (at most 64)' }];
  }
  const value = valueAt(root, inner);
  const expected = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : expectedWords(here);
  if (value === undefined && inner.length > 0)
    return [{ ...at, path: at.path.slice(0, -1), kind: 'missing-key', key: String(inner.at(-1)), expected }];
  const kind = issue.code === 'too_big' || issue.code === 'too_small' ? 'out-of-range' : 'wrong-type';
  const from = place.from?.(inner[0]);
  return [{ ...at, kind, value, expected, ...(from === undefined ? {} : { from }) }];
}

/** What a schema takes, in words: `an integer of at least 1`, `cpu or cuda`. */
export function expectedWords(schema: z.ZodType | undefined): string {
  return schema === undefined ? 'another value' : words(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
}

function words(schema: JsonSchema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (typeof schema.type === 'object') return schema.type.map((type) => words({ ...schema, type })).join(' or ');
  if (alternatives !== undefined) return [...new Set(alternatives.map(words))].join(' or ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(String).join(' or ');
  if (schema.type === 'integer' || schema.type === 'number')
    return [schema.type === 'integer' ? 'an integer' : 'a number', ...bounds(schema)].join(' ');
  if (schema.type === 'string') return textWords(schema);
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'null') return 'null';
  if (schema.type === 'array') return listWords(schema);
  if (schema.type === 'object') return 'a mapping of keys to values';
  return 'a value';
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string[] {
  const isLimit = (bound: number | undefined): bound is number => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const parts = [
    isLimit(minimum) ? `at least ${minimum}` : '',
    isLimit(exclusiveMinimum) ? `above ${exclusiveMinimum}` : '',
    isLimit(maximum) ? `at most ${maximum}` : '',
    isLimit(exclusiveMaximum) ? `below ${exclusiveMaximum}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [`(${parts.join(', ')})`];
}

function textWords({ minLength, maxLength, pattern }: JsonSchema): string {
  if (pattern === KEBAB_PATTERN.source) return 'a name in kebab-case: small letters, digits and -';
  if (maxLength !== undefined) return `a text of at most ${maxLength} letters`;
  return minLength !== undefined && minLength > 0 ? 'a text that is not empty' : 'a text';
}

function listWords({ items, minItems, maxItems }: JsonSchema): string {
  const counts = [minItems === undefined ? '' : `at least ${minItems}`, maxItems === undefined ? '' : `at most ${maxItems}`].filter(
    Boolean,
  );
  const lengths = counts.length === 0 ? '' : ` (${counts.join(', ')} ${(maxItems ?? minItems) === 1 ? 'item' : 'items'})`;
  return items === undefined ? `a list${lengths}` : `a list${lengths}, each item ${words(items)}`;
}

/** The schema of the value at a path, through wrappers, objects, records and lists. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let here: z.ZodType | undefined = unwrap(schema);
  for (const key of path) {
    if (here instanceof z.ZodObject) here = Object.hasOwn(here.shape, key) ? (here.shape[key] as z.ZodType) : undefined;
    else if (here instanceof z.ZodRecord) here = here.valueType as z.ZodType;
    else if (here instanceof z.ZodArray) here = here.element as z.ZodType;
    else return undefined;
    here = here === undefined ? undefined : unwrap(here);
  }
  return here;
}

/** Without `optional` and `default`. */
export function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

function keysOf(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<string | number, unknown>>)[key];
  }, root);
}
