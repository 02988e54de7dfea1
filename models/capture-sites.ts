// The verb `captureSites`: activations of clean passes at any sites, one prompt at a time, without padding; statistics of each whole
// tensor, and of its numbers the last position, all, or none. Sites that would not fit together are captured in passes of their
// own: what a site yields does not depend on which others share its pass.
import { UserError } from '../formats/user-error.ts';
import { tensorStatistics } from '../numerics/tensor-statistics.ts';
import type { CapturedSite, CaptureSitesRequest, KeptPositions, SiteCapture } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import type { Site } from './graph/sites.ts';

/** What the captured tensors of one pass may take: they all exist at its end. */
const MAX_PASS_BYTES = 2 ** 29;
/** What one prompt's artifact may take with all positions: it is held four times on its way from the runtime to the store. */
const MAX_KEPT_BYTES = 2 ** 28;
const FLOAT32_BYTES = 4;

export async function* captureSites(
  engine: ForwardEngine,
  request: CaptureSitesRequest,
  { progress, passBytes = MAX_PASS_BYTES }: VerbControl & { readonly passBytes?: number } = {},
): AsyncGenerator<SiteCapture> {
  const wanted = new Set(request.sites);
  const sites = engine.sites.filter(({ name }) => wanted.has(name));
  const known = new Set(sites.map(({ name }) => name));
  const foreign = request.sites.find((name) => !known.has(name));
  if (foreign !== undefined) throw new Error(`${foreign} is no site of the model: globs are matched before`);
  for (const [done, { prompt, ids }] of request.prompts.entries()) {
    if (request.positions === 'all') refuseTooMuch(sites, prompt, ids.length);
    const captured: CapturedSite[] = [];
    for (const group of passesOf(sites, ids.length, passBytes)) {
      const names = group.map(({ name }) => name);
      const session = await engine.session({ capture: names, noise: [] });
      const outputs = await session.run(engine.promptFeeds(ids), names);
      for (const site of group) captured.push(keep(site, outputs[site.name]!.data as Float32Array, request.positions));
    }
    progress?.(`${done + 1} of ${request.prompts.length} prompts`);
    yield { prompt, positions: ids.length, sites: captured };
  }
}

function keep({ name, width }: Site, values: Float32Array, positions: KeptPositions): CapturedSite {
  const statistics = { site: name, positions: values.length / width, width, ...tensorStatistics(values) };
  switch (positions) {
    case 'statistics':
      return statistics;
    case 'last':
      return { ...statistics, values: values.slice(values.length - width) };
    case 'all':
      return { ...statistics, values };
  }
}

/** Bytes of a site's tensor in a pass over so many positions. */
export function siteBytes({ width, positions }: Pick<Site, 'width' | 'positions'>, count: number): number {
  return width * FLOAT32_BYTES * (positions === 'last' ? 1 : count);
}

/** Neighbours together as long as they fit; a site that alone does not fit has a pass to itself. */
function passesOf(sites: readonly Site[], positions: number, limitBytes: number): Site[][] {
  const passes: Site[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const site of sites) {
    const bytes = siteBytes(site, positions);
    if (filled + bytes > limitBytes) {
      passes.push([]);
      filled = 0;
    }
    passes.at(-1)!.push(site);
    filled += bytes;
  }
  return passes;
}

function refuseTooMuch(sites: readonly Site[], prompt: number, positions: number): void {
  const bytes = sites.reduce((sum, site) => sum + siteBytes(site, positions), 0);
  if (bytes <= MAX_KEPT_BYTES) return;
  throw new UserError(
    `prompt ${prompt}: all ${positions} positions of ${sites.length} sites are ${mebibytes(bytes)} MiB, and a prompt may keep ${mebibytes(MAX_KEPT_BYTES)} MiB; choose fewer sites, shorter prompts, or positions: last or statistics`,
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
