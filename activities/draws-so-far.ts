// The rows of a table step that did not come to run, from the units that are there: what the dashboard of a failed or cancelled run
// is drawn from. No means and no verdict: those are of all cells or of none.
import type { NamedTensors } from '../artifacts/codecs.ts';
import type { Digest } from '../artifacts/digest.ts';
import { decodeIndex } from '../artifacts/index-artifact.ts';
import type { RunRecord } from '../artifacts/run-record.ts';
import type { Store } from '../artifacts/store.ts';
import type { EffectiveNoiseDraw, TStarDraw } from '../artifacts/study-record.ts';
import type { DashboardData } from '../dashboards/data.ts';
import type { NodeUnits, RunUnit } from '../dashboards/units.ts';
import { headScoreType, hiddenStateType, noisyHiddenStateType } from './artifact-types.ts';
import { drawRow, fitTStar } from './fit-t-star.ts';
import { noiseOfDraw, summarizeNoise } from './summarize-noise.ts';

/** Fields are left out where the table step finished (its own rows are read) or nothing is there. */
export async function drawsSoFar(
  store: Store,
  record: RunRecord,
  unfinished: readonly NodeUnits[],
): Promise<Pick<DashboardData, 'tStarDraws' | 'effectiveNoiseDraws'>> {
  const inputs = (step: string) => record.nodes.find((node) => node.step === step && node.index === null)?.inputs;
  const values = async <Value>(from: Input | undefined, type: { decode(bytes: Uint8Array): unknown }) =>
    from === undefined ? [] : ((await readValues(store, record, unfinished, from, type)) as Placed<Value>[]);
  const scores = await values<Parameters<typeof drawRow>[0]>(inputs(fitTStar.name)?.scores, headScoreType);
  const { clean, noisy } = inputs(summarizeNoise.name) ?? {};
  const states = new Map((await values<NamedTensors>(clean, hiddenStateType)).map(({ coordinates, value }) => [coordinates.prompt, value]));
  const disturbed = await values<NamedTensors>(noisy, noisyHiddenStateType);
  const tStarDraws: TStarDraw[] = scores.map(({ coordinates, value }) =>
    drawRow({ ...value, prompt: Number(coordinates.prompt), draw: Number(coordinates.draw), noise: Number(coordinates.noise) }),
  );
  const effectiveNoiseDraws = disturbed.flatMap(({ coordinates, value }): EffectiveNoiseDraw[] => {
    const state = states.get(coordinates.prompt);
    return state === undefined ? [] : [noiseOfDraw(coordinates, state, value)];
  });
  return {
    ...(tStarDraws.length === 0 ? {} : { tStarDraws }),
    ...(effectiveNoiseDraws.length === 0 ? {} : { effectiveNoiseDraws }),
  };
}

type Input = RunRecord['nodes'][number]['inputs'][string];
interface Placed<Value> {
  readonly coordinates: RunUnit['coordinates'];
  readonly value: Value;
}

/** Values of the units that are there; one whose object is damaged counts as missing. */
async function readValues(
  store: Store,
  record: RunRecord,
  unfinished: readonly NodeUnits[],
  { node, output }: Input,
  type: { decode(bytes: Uint8Array): unknown },
): Promise<Placed<unknown>[]> {
  const index = record.nodes.find(({ id }) => id === node)?.index;
  const bytes = index == null ? undefined : await store.getObject(index as Digest);
  const units = bytes === undefined ? (unfinished.find((step) => step.node === node)?.units ?? []) : decodeIndex(bytes).entries;
  const values: Placed<unknown>[] = [];
  for (const { coordinates, outputs } of units) {
    const object = outputs?.[output] === undefined ? undefined : await store.getObject(outputs[output] as Digest);
    if (object !== undefined) values.push({ coordinates, value: await type.decode(object) });
  }
  return values;
}
