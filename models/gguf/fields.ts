// The metadata of one GGUF model by name and type: a missing or wrong field is one line that names file, field and what was
// expected. `architecture` prefixes the fields of the model itself (`llama.block_count`).
import type { Gguf, GgufValue } from '../../formats/gguf.ts';
import { UserError } from '../../formats/user-error.ts';

const kinds = {
  text: (value: GgufValue) => (typeof value === 'string' ? value : undefined),
  number: (value: GgufValue) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  count: (value: GgufValue) => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined),
  truth: (value: GgufValue) => (typeof value === 'boolean' ? value : undefined),
  texts: (value: GgufValue) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as readonly string[]) : undefined,
  numbers: (value: GgufValue) =>
    Array.isArray(value) && value.every((item) => Number.isFinite(item)) ? (value as readonly number[]) : undefined,
  counts: (value: GgufValue) =>
    Array.isArray(value) && value.every((item) => Number.isSafeInteger(item)) ? (value as readonly number[]) : undefined,
};
type Kinds = typeof kinds;
type Kind = keyof Kinds;
type Value<K extends Kind> = NonNullable<ReturnType<Kinds[K]>>;

/** The field's value, undefined where it is absent. */
export function findField<K extends Kind>(gguf: Gguf, name: string, kind: K): Value<K> | undefined {
  const value = gguf.fields.get(name);
  if (value === undefined) return undefined;
  const checked = kinds[kind](value);
  if (checked === undefined) throw new UserError(`${gguf.file}: field ${name}: expected ${kind}, found ${brief(value)}`);
  return checked as Value<K>;
}

export function needField<K extends Kind>(gguf: Gguf, name: string, kind: K): Value<K> {
  const value = findField(gguf, name, kind);
  if (value === undefined) throw new UserError(`${gguf.file}: field ${name} is missing; the file is no complete language model`);
  return value;
}

function brief(value: GgufValue): string {
  return Array.isArray(value) ? `${value.length} elements` : `${typeof value} ${String(value).slice(0, 40)}`;
}
