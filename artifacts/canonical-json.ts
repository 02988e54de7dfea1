// One text for one JSON value: object keys sorted by UTF-16 code units, no blanks, numbers in JavaScript's shortest form
// (RFC 8785 in all that we write). Cache keys and artifacts are made of it, so anything that JSON cannot say exactly (NaN,
// Infinity, undefined, a class instance) is refused with its place instead of being dropped or turned into null.

/** Serializes `value`; throws a TypeError that names the place (`$.rows[2].alpha`) of what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

export function canonicalJsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function write(value: unknown, place: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return writeNumber(value, place);
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => write(item, `${place}[${i}]`)).join(',')}]`;
  if (isPlainObject(value)) return writeObject(value, place);
  throw new TypeError(`${place} is ${nameOf(value)}, which JSON cannot hold`);
}

function writeNumber(value: number, place: string): string {
  if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}, which JSON cannot hold`);
  return Object.is(value, -0) ? '0' : String(value);
}

function writeObject(value: Record<string, unknown>, place: string): string {
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key], `${place}.${key}`)}`);
  return `{${members.join(',')}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  return typeof value === 'object'
    ? `a ${value?.constructor?.name ?? 'object'}`
    : typeof value === 'undefined'
      ? 'undefined'
      : `a ${typeof value}`;
}
