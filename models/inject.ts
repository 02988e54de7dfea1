// The verb `inject`: passes with noise at the input of every Linear, or at other sites that are named. The scales of a draw run as one batch over one prompt
// without padding; they share their normals, or each has its own. What a scale yields does not depend on the others.

import type { InjectRequest, NoisyHiddenState } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { type ForwardDeclaration, HIDDEN_LAST, noiseInput, SCALE } from './graph/forward.ts';
import { HEAD_SITE, type Site } from './graph/sites.ts';
import { type NoiseField, type NoiseFields, philoxFields } from './noise-field.ts';
import type { Feeds } from './runtime/session.ts';

type Group = InjectRequest['groups'][number];

export async function* inject(
  engine: ForwardEngine,
  request: InjectRequest,
  { progress, noise = philoxFields(request.seed) }: VerbControl & { readonly noise?: NoiseFields } = {},
): AsyncGenerator<NoisyHiddenState> {
  const sites = disturbedSites(engine, request.sites);
  const session = await engine.session(noisyGraph(request, sites));
  const total = request.groups.reduce((sum, { scales }) => sum + scales.length, 0);
  let done = 0;
  for (const group of request.groups)
    for (let first = 0; first < group.scales.length; first += engine.maxScales) {
      const scales = group.scales.slice(first, first + engine.maxScales);
      const fields = drawFields(noise, request, group, scales);
      const feeds = { ...engine.promptFeeds(group.ids), [SCALE]: { data: Float32Array.from(scales), dims: [scales.length, 1, 1] } };
      const outputs = await session.run({ ...feeds, ...noiseFeeds(fields, sites, group.ids.length) }, [HIDDEN_LAST]);
      const hidden = outputs[HIDDEN_LAST]!.data as Float32Array;
      const width = engine.hiddenSize;
      done += scales.length;
      progress?.(`${done} of ${total} passes`);
      for (const [i, scale] of scales.entries()) {
        yield { prompt: group.prompt, draw: group.draw, scale, hiddenLast: hidden.slice(i * width, (i + 1) * width) };
      }
    }
}

function disturbedSites({ linears, sites }: ForwardEngine, names: InjectRequest['sites']): readonly Site[] {
  if (names === undefined) return linears;
  const wanted = new Set(names);
  return sites.filter(({ name }) => wanted.has(name));
}

/** The verb's own graph where it serves: what it yields is in older keys. */
function noisyGraph({ sites: names, amplitude = 'relative' }: InjectRequest, sites: readonly Site[]): 'inject' | ForwardDeclaration {
  if (names === undefined && amplitude === 'relative') return 'inject';
  return { capture: [], noise: sites.map(({ name }) => name), amplitude };
}

/** One field for all scales, or one for each. */
function drawFields(noise: NoiseFields, request: InjectRequest, { prompt, draw }: Group, scales: readonly number[]): NoiseField[] {
  if (request.noise === 'shared') return [noise({ prompt, draw })];
  return scales.map((scale) => noise({ prompt, draw, scale }));
}

/** The noise inputs of all sites, [1 or B, S, in]; of the LM head's site the last position alone. */
export function noiseFeeds(fields: readonly NoiseField[], sites: readonly Site[], positions: number): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  for (const site of sites) {
    const first = site.name === HEAD_SITE ? positions - 1 : 0;
    const size = (positions - first) * site.width;
    const data = new Float32Array(fields.length * size);
    for (const [i, field] of fields.entries()) field.fill(site, first * site.width, data.subarray(i * size, (i + 1) * size));
    feeds[noiseInput(site.name)] = { data, dims: [fields.length, positions - first, site.width] };
  }
  return feeds;
}
