// The verb `score`: noise at the LM head only, and which temperature best undoes it (EXPERIMENT.md, step 4). A draw's noises
// share one product with the head's weights; what a noise yields does not depend on the others.
import type { HeadScore, ScoreRequest } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { HIDDEN, LOGITS } from './graph/head.ts';
import { HEAD_SITE, type Site } from './graph/sites.ts';
import { buildTiltedSums } from './graph/tilted-sums.ts';
import { scoreLogits } from './head-statistics.ts';
import { type NoiseFields, philoxFields } from './noise-field.ts';
import type { GraphSession } from './runtime/session.ts';

/** The head's weights are read from memory once for all of these; more rows gain nothing and cost memory (7 rows of logits each). */
const GROUPS_AT_ONCE = 6;

type Group = ScoreRequest['groups'][number];

export async function* score(
  engine: ForwardEngine,
  request: ScoreRequest,
  { progress, noise = philoxFields(request.seed) }: VerbControl & { readonly noise?: NoiseFields } = {},
): AsyncGenerator<HeadScore> {
  const session = await engine.session('score');
  const { hiddenSize, vocabSize } = engine;
  const tilt = await engine.open(buildTiltedSums(vocabSize));
  const site = engine.linears.find(({ name }) => name === HEAD_SITE)!;
  try {
    for (let first = 0; first < request.groups.length; first += GROUPS_AT_ONCE) {
      const groups = request.groups.slice(first, first + GROUPS_AT_ONCE);
      const rows = groups.map((group) => disturbedRows(group, site, request, noise));
      const logits = await headLogits(session, rows, { hiddenSize, vocabSize });
      for (const [g, group] of groups.entries()) {
        const [clean, noisy] = [logits[g]!.subarray(0, vocabSize), logits[g]!.subarray(vocabSize)];
        const scores = await scoreLogits(tilt, { ...request, clean, noisy });
        progress?.(`${first + g + 1} of ${request.groups.length} draws`);
        for (const [i, scored] of scores.entries()) yield { prompt: group.prompt, draw: group.draw, noise: group.noises[i]!, ...scored };
      }
    }
  } finally {
    await tilt.close();
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

interface HeadSizes {
  readonly hiddenSize: number;
  readonly vocabSize: number;
}

/** Logits of each block of rows, in one product. */
export async function headLogits(
  session: GraphSession,
  blocks: readonly Float32Array[],
  { hiddenSize, vocabSize }: HeadSizes,
): Promise<Float32Array[]> {
  const hidden = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let place = 0;
  const places = blocks.map((block) => {
    hidden.set(block, place);
    place += block.length;
    return (place - block.length) / hiddenSize;
  });
  const outputs = await session.run({ [HIDDEN]: { data: hidden, dims: [hidden.length / hiddenSize, hiddenSize] } });
  const logits = outputs[LOGITS]!.data as Float32Array;
  return blocks.map((block, i) => logits.subarray(places[i]! * vocabSize, (places[i]! + block.length / hiddenSize) * vocabSize));
}
