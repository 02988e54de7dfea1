// Random damage to a file's bytes or to a JSON value, the same for the same seed: what a bad disk, a cut transfer or a hostile
// author could make of it.

/** Flips bits, overwrites bytes with extremes, cuts, or doubles a stretch; within the first `within` bytes, where headers lie. */
export function damageBytes(file: Uint8Array, random: () => number, within = file.length): Uint8Array {
  const bytes = Uint8Array.from(file);
  const place = () => Math.floor(random() * Math.min(within, bytes.length));
  const kind = Math.floor(random() * 4);
  if (kind === 0) return bytes.subarray(0, Math.floor(random() * bytes.length));
  if (kind === 1) for (let i = 0; i < 1 + random() * 4; i++) bytes[place()]! ^= 1 << Math.floor(random() * 8);
  if (kind === 2) bytes.fill(random() < 0.5 ? 0xff : 0, place(), place() + 8);
  if (kind === 3) bytes.copyWithin(place(), place(), place());
  return bytes;
}

/** Values that no author meant. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  2 ** 53,
  '',
  '..',
  '/etc/passwd',
  '\0',
  [],
  {},
  [[[]]],
  { type: 'x' },
];

/** A JSON file with one or two values, names or elements replaced, left out or doubled; one in four is damaged as text. */
export function damageJson(value: unknown, random: () => number): Uint8Array {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  const root = { value: copy };
  const times = 1 + Math.floor(random() * 2);
  for (let i = 0; i < times; i++) damageOne(root, random);
  const bytes = new TextEncoder().encode(JSON.stringify(root.value ?? null));
  return random() < 0.25 ? damageBytes(bytes, random) : bytes;
}

/** Walks down at random; where it stops, something happens. */
function damageOne(parent: object, random: () => number): void {
  const keys = Object.keys(parent);
  const key = keys[Math.floor(random() * keys.length)];
  if (key === undefined) return;
  const record = parent as Record<string, unknown>;
  const inner = record[key];
  if (typeof inner === 'object' && inner !== null && random() < 0.8) {
    damageOne(inner, random);
    return;
  }
  const kind = Math.floor(random() * 4);
  if (kind === 0 && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (kind === 0) delete record[key];
  else if (kind === 1 && !Array.isArray(parent)) record[`${key}x`] = inner;
  else if (kind === 2) record[key] = record[keys[Math.floor(random() * keys.length)]!];
  else record[key] = ODD_VALUES[Math.floor(random() * ODD_VALUES.length)];
}

/** Uniform in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
