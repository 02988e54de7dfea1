// The verb `injectBySite`: passes with noise at some inputs of Linears and none at the others. The members of a draw, each a glob
// of sites with a scale, run as batches over one prompt without padding: every site has a scale for each member, 0 where
// the glob does not name it. What a member yields does not depend on the others, and with every site it is what `inject` yields.
import type { SiteNoiseRequest, SiteNoiseState } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { type ForwardDeclaration, HIDDEN_LAST, scaleInput } from './graph/forward.ts';
import { matchSites, type Site } from './graph/sites.ts';
import { noiseFeeds } from './inject.ts';
import { type NoiseFields, philoxFields } from './noise-field.ts';
import type { Feeds } from './runtime/session.ts';

type Group = SiteNoiseRequest['groups'][number];
type Member = Group['members'][number];

export async function* injectBySite(
  engine: ForwardEngine,
  request: SiteNoiseRequest,
  { progress, noise = philoxFields(request.seed) }: VerbControl & { readonly noise?: NoiseFields } = {},
): AsyncGenerator<SiteNoiseState> {
  const [sites, width] = [engine.linears, engine.hiddenSize];
  const session = await engine.session(request.amplitude === 'absolute' ? absoluteNoise(sites.map(({ name }) => name)) : 'injectBySite');
  const total = request.groups.reduce((sum, { members }) => sum + members.length, 0);
  let done = 0;
  for (const { prompt, draw, ids, members } of request.groups) {
    const promptFeeds = engine.promptFeeds(ids);
    for (const sharing of sharedNoise(members, request.noise)) {
      const field = noise({ prompt, draw, ...sharing.coordinate });
      const feeds = { ...promptFeeds, ...noiseFeeds([field], sites, ids.length) };
      for (let first = 0; first < sharing.members.length; first += engine.maxScales) {
        const batch = sharing.members.slice(first, first + engine.maxScales);
        const outputs = await session.run({ ...feeds, ...scaleFeeds(batch, sites) }, [HIDDEN_LAST]);
        const hidden = outputs[HIDDEN_LAST]!.data as Float32Array;
        done += batch.length;
        progress?.(`${done} of ${total} passes`);
        for (const [i, member] of batch.entries()) yield { prompt, draw, ...member, hiddenLast: hidden.slice(i * width, (i + 1) * width) };
      }
    }
  }
}

/** The verb's graph with scales that are the std of the noise itself. */
export function absoluteNoise(linears: readonly string[]): ForwardDeclaration {
  return { capture: [], noise: linears, scales: 'each site', amplitude: 'absolute' };
}

interface Sharing {
  /** What is added to (prompt, draw) where scales draw their own noise. */
  readonly coordinate: { readonly scale?: number };
  readonly members: readonly Member[];
}

/** Members that are disturbed by the same normals: all, or those of one scale. */
function sharedNoise(members: readonly Member[], noise: SiteNoiseRequest['noise']): readonly Sharing[] {
  if (noise === 'shared') return [{ coordinate: {}, members }];
  const scales = [...new Set(members.map(({ scale }) => scale))];
  return scales.map((scale) => ({ coordinate: { scale }, members: members.filter((member) => member.scale === scale) }));
}

/** Per site [B, 1, 1]: the member's scale where its glob names the site, else 0. */
function scaleFeeds(batch: readonly Member[], sites: readonly Site[]): Feeds {
  const disturbed = batch.map((member) => new Set(matchSites(sites, member.sites)));
  return Object.fromEntries(
    sites.map((site) => {
      const data = Float32Array.from(batch, ({ scale }, i) => (disturbed[i]!.has(site) ? scale : 0));
      return [scaleInput(site.name), { data, dims: [batch.length, 1, 1] }];
    }),
  );
}
