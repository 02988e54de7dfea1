// The types that a pipeline's params may have, as their declarations spell them: `integer`, `number | calibrate`,
// `shared | independent`, `number[]`. A declaration becomes a zod schema; bounds hold for numbers, also inside lists.
import { z } from 'zod';
import { checkValue } from './expected.ts';
import type { Problem } from './issues.ts';
import { editDistance } from './nearest-name.ts';
import type { ParamDeclaration } from './spec.ts';

const BASES = ['string', 'integer', 'number', 'boolean'] as const;
type Base = (typeof BASES)[number];
/** The types that are no union. */
export const PARAM_TYPES: readonly string[] = [...BASES, ...BASES.map((base) => `${base}[]`)];

export type ParamType =
  | { readonly kind: 'list'; readonly of: Base }
  | { readonly kind: 'one'; readonly bases: readonly Base[]; readonly words: readonly string[] };

/** undefined where the spelling is no type. */
export function parseParamType(text: string): ParamType | undefined {
  const parts = text.split('|').map((part) => part.trim());
  const list = /^(\w+)\[\]$/.exec(text.trim())?.[1];
  if (list !== undefined) return isBase(list) ? { kind: 'list', of: list } : undefined;
  const bases = parts.filter(isBase);
  const words = parts.filter((part) => !isBase(part));
  const isWord = (part: string) => /^[A-Za-z][\w-]*$/.test(part) && !BASES.some((base) => editDistance(part.toLowerCase(), base) <= 2);
  if (!words.every(isWord) || (parts.length === 1 && words.length === 1) || new Set(parts).size < parts.length) return undefined;
  return { kind: 'one', bases, words };
}

/** The schema of a declared param's values. */
export function paramSchema(declaration: ParamDeclaration): z.ZodType {
  const type = parseParamType(declaration.type);
  if (type === undefined) return z.never();
  if (type.kind === 'list') {
    const list = z.array(baseSchema(type.of, declaration));
    return declaration.minItems === undefined ? list : list.min(declaration.minItems);
  }
  const alternatives = [
    ...type.bases.map((base) => baseSchema(base, declaration)),
    ...(type.words.length === 0 ? [] : [z.enum(type.words as [string, ...string[]])]),
  ];
  return alternatives.length === 1 ? (alternatives[0] as z.ZodType) : z.union(alternatives as [z.ZodType, z.ZodType]);
}

function baseSchema(base: Base, { minimum, maximum, exclusiveMinimum }: ParamDeclaration): z.ZodType {
  if (base === 'string') return z.string();
  if (base === 'boolean') return z.boolean();
  let schema = base === 'integer' ? z.number().int() : z.number();
  if (minimum !== undefined) schema = schema.min(minimum);
  if (maximum !== undefined) schema = schema.max(maximum);
  if (exclusiveMinimum !== undefined) schema = schema.gt(exclusiveMinimum);
  return schema;
}

/** Types that are none, and defaults that do not fit their own type. */
export function declarationProblems(params: Readonly<Record<string, ParamDeclaration>>): readonly Problem[] {
  return Object.entries(params).flatMap(([name, declaration]): readonly Problem[] => {
    const path = ['params', name];
    if (parseParamType(declaration.type) === undefined)
      return [{ in: 'spec', path: [...path, 'type'], kind: 'unknown-type', type: declaration.type, allowed: PARAM_TYPES }];
    if (declaration.default === undefined) return [];
    const checked = checkValue(paramSchema(declaration), declaration.default, { in: 'spec', path: [...path, 'default'] });
    return 'problems' in checked ? checked.problems : [];
  });
}

function isBase(text: string): text is Base {
  return (BASES as readonly string[]).includes(text);
}
