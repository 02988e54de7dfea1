// The verb `score`: noise at the LM head only, and which temperature best undoes it (EXPERIMENT.md, step 4). The logits come
// from the head's graph in float32; every statistic over the vocabulary is float64 (numerics/).
import { alphaOf, predictedTemperature } from '../numerics/alpha.ts';
import { bestTemperatureByGreatest, bestTemperatureByLeast, bestTemperatureForExpectation } from '../numerics/best-temperature.ts';
import { scoreTemperatures } from '../numerics/kl.ts';
import { softmaxExpectation } from '../numerics/log-sum-exp.ts';
import { stdUnbiased } from '../numerics/moments.ts';
import type { HeadScore, ScoreRequest } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { HIDDEN, LOGITS } from './graph/head.ts';
import { HEAD_SITE, listSites, type Site } from './graph/sites.ts';
import { type NoiseFields, philoxFields } from './noise-field.ts';

type Group = ScoreRequest['groups'][number];

export async function* score(
  engine: ForwardEngine,
  request: ScoreRequest,
  { progress, noise = philoxFields(request.seed) }: VerbControl & { readonly noise?: NoiseFields } = {},
): AsyncGenerator<HeadScore> {
  const session = await engine.session('score');
  const site = listSites(engine.config).find(({ name }) => name === HEAD_SITE)!;
  const { hiddenSize, vocabSize } = engine.config;
  for (const [done, group] of request.groups.entries()) {
    const rows = disturbedRows(group, site, request, noise);
    const outputs = await session.run({ [HIDDEN]: { data: rows, dims: [rows.length / hiddenSize, hiddenSize] } });
    const logits = outputs[LOGITS]!.data as Float32Array;
    const row = (i: number) => logits.subarray(i * vocabSize, (i + 1) * vocabSize);
    progress?.(`${done + 1} of ${request.groups.length} draws`);
    for (const [i, scale] of group.noises.entries()) {
      yield { prompt: group.prompt, draw: group.draw, noise: scale, ...scoreLogits(row(0), row(i + 1), request) };
    }
  }
}

/** The clean last position, then one row per noise: h + z * (noise * hiddenStd). */
function disturbedRows(
  { prompt, draw, positions, hiddenLast, hiddenStd, noises }: Group,
  site: Site,
  request: ScoreRequest,
  fields: NoiseFields,
): Float32Array {
  const width = site.width;
  const rows = new Float32Array((noises.length + 1) * width);
  rows.set(hiddenLast);
  const z = new Float32Array(width);
  for (const [i, scale] of noises.entries()) {
    const field = request.noise === 'shared' ? fields({ prompt, draw }) : fields({ prompt, draw, scale });
    field.fill(site, (positions - 1) * width, z);
    for (let channel = 0; channel < width; channel++)
      rows[(i + 1) * width + channel] = hiddenLast[channel]! + z[channel]! * scale * hiddenStd;
  }
  return rows;
}

type LogitScore = Omit<HeadScore, 'prompt' | 'draw' | 'noise'>;

function scoreLogits(clean: Float32Array, noisy: Float32Array, { tBase, temperatures }: ScoreRequest): LogitScore {
  const { klByTemperature, probByTemperature } = scoreTemperatures(clean, noisy, { tBase, temperatures });
  const alpha = alphaOf(clean, noisy);
  const expectation = softmaxExpectation(clean, 1 / tBase, noisy);
  const continuous = bestTemperatureForExpectation(noisy, expectation, { start: predictedTemperature(tBase, alpha) });
  return {
    alpha,
    klByTemperature,
    probByTemperature,
    bestTKl: bestTemperatureByLeast(temperatures, klByTemperature),
    bestTKlContinuous: continuous.temperature,
    atEnd: continuous.atEnd,
    bestTProb: bestTemperatureByGreatest(temperatures, probByTemperature),
    cleanLogitsStd: stdUnbiased(clean),
    noisyLogitsStd: stdUnbiased(noisy),
    differenceStd: stdUnbiased(Float64Array.from(noisy, (logit, i) => logit - clean[i]!)),
  };
}
