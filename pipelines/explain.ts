// Why a unit is a miss: its key's parts compared with those of the nearest earlier key of the same step, old -> new.
import { canonicalJson } from '../artifacts/canonical-json.ts';
import type { KeyComponents } from '../artifacts/key.ts';

export interface ComponentChange {
  /** `version`, `identity.seed`, `inputs.prompts`, `environment.precision`, `coordinates.scale` */
  readonly component: string;
  /** undefined where that side has no such part. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface MissExplanation {
  /** The nearest earlier key; undefined where that step never ran. */
  readonly nearest: string | undefined;
  /** Empty where nothing differs: the manifest is there and its objects are not. */
  readonly changes: readonly ComponentChange[];
}

interface Candidate {
  readonly key: string;
  readonly components: KeyComponents;
  readonly startedAt: string;
}

/** `candidates`: earlier manifests. The nearest differs in the fewest parts; of equals the latest, and the same place first. */
export function explainMiss(components: KeyComponents, candidates: Iterable<Candidate>): MissExplanation {
  let best: { readonly candidate: Candidate; readonly changes: readonly ComponentChange[] } | undefined;
  for (const candidate of candidates) {
    if (candidate.components.step !== components.step) continue;
    const changes = compareComponents(candidate.components, components);
    if (best === undefined || isNearer({ candidate, changes }, best)) best = { candidate, changes };
  }
  return { nearest: best?.candidate.key, changes: best?.changes ?? [] };
}

/** Differing parts, in the order: format, version, identity, environment, inputs, coordinates. */
export function compareComponents(before: KeyComponents, after: KeyComponents): readonly ComponentChange[] {
  return [
    ...compareParts('format', before.format, after.format),
    ...compareParts('step', before.step, after.step),
    ...compareParts('version', before.version, after.version),
    ...compareParts('identity', before.identity, after.identity),
    ...compareParts('environment', before.environment, after.environment),
    ...compareParts('inputs', before.inputs, after.inputs),
    ...compareParts('coordinates', before.coordinates, after.coordinates),
  ];
}

/** `identity.seed: 42 -> 43` */
export function formatChange({ component, before, after }: ComponentChange): string {
  return `${component}: ${shorten(before)} -> ${shorten(after)}`;
}

function compareParts(component: string, before: unknown, after: unknown): readonly ComponentChange[] {
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [{ component, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    return old === undefined && now === undefined ? [] : compareParts(`${component}.${name}`, old, now);
  });
}

function isNearer(a: { candidate: Candidate; changes: readonly ComponentChange[] }, b: typeof a): boolean {
  const moved = ({ changes }: typeof a) => changes.filter(({ component }) => component.startsWith('coordinates.')).length;
  if (moved(a) !== moved(b)) return moved(a) < moved(b);
  if (a.changes.length !== b.changes.length) return a.changes.length < b.changes.length;
  return a.candidate.startedAt > b.candidate.startedAt;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Digests to twelve digits; long lists to their beginning. */
function shorten(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
