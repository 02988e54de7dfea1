// Small helpers that the steps share: reading prompts, finding the unit that an engine's answer belongs to, grouping units that share a
// pass, and naming a shard's share for the Temporal UI.
import type { Coordinates } from '../pipelines/plan.ts';
import type { UnitCall } from '../pipelines/step.ts';
import type { PromptArtifact } from './artifact-types.ts';

type Place = Readonly<Record<string, unknown>>;

/** The prompt of each unit, from the input `prompts`, as the engine takes it. */
export function readPrompts(units: readonly UnitCall[]): Promise<{ readonly prompt: number; readonly ids: readonly number[] }[]> {
  return Promise.all(
    units.map(async (unit) => ({
      prompt: unit.coordinates.prompt as number,
      ids: (await unit.read<PromptArtifact>('prompts')).ids,
    })),
  );
}

/** A look-up from an answer that carries its coordinates back to the unit that asked for it. */
export function byPlace(units: readonly UnitCall[], axes: readonly string[]): (answer: object) => UnitCall {
  const nameOf = (place: Place): string => axes.map((axis) => place[axis]).join(' ');
  const known = new Map(units.map((unit) => [nameOf(unit.coordinates), unit]));
  return (answer) => {
    const unit = known.get(nameOf(answer as Place));
    if (unit === undefined) throw new Error(`the engine answered for ${nameOf(answer as Place)}, which was not asked for`);
    return unit;
  };
}

/** Units grouped by their place on some axes, in the order of first appearance. */
export function groupUnits(units: readonly UnitCall[], axes: readonly string[]): readonly (readonly UnitCall[])[] {
  const groups = new Map<string, UnitCall[]>();
  for (const unit of units) {
    const name = axes.map((axis) => unit.coordinates[axis]).join(' ');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [unit]);
    else group.push(unit);
  }
  return [...groups.values()];
}

/** `prompts 0-9`, `scale 0.01..0.2`: the share of an axis that a shard covers. */
export function describeAxis(units: readonly Coordinates[], axis: string): string {
  const values = [...new Set(units.map((place) => place[axis] as number))].sort((a, b) => a - b);
  const [first, last] = [values[0], values.at(-1)];
  if (axis === 'prompt' || axis === 'draw') return first === last ? `${axis} ${first}` : `${axis}s ${first}-${last}`;
  return first === last ? `${axis} ${first}` : `${axis} ${first}..${last}`;
}
