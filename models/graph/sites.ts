// Sites: the hook points of a model, by name. Every input of a Linear, the residual stream as it enters the layers and as it
// leaves each, the final norm's output, the logits. Capture and noise are declared at sites; noise is a function of the name.
// In: a model's config; out: plain data, in the order in which a pass meets them.
import picomatch from 'picomatch';
import { UserError } from '../../formats/user-error.ts';
import type { ModelConfig } from './model-config.ts';

export type SiteKind = 'linear input' | 'residual stream' | 'norm output' | 'logits';

export interface Site {
  /** `layers.3.mlp.down_proj.input`, `layers.5.residual`, `lm_head.input` */
  readonly name: string;
  /** Linears in module order (per layer q k v o gate up down, then the LM head) from 0; the other sites go on behind them. */
  readonly index: number;
  /** Channels of one position. */
  readonly width: number;
  readonly kind: SiteKind;
  /** `last`: there is nothing but the last position. */
  readonly positions: 'all' | 'last';
  /** In a phrase. */
  readonly what: string;
  /** The published sites that an exporter fused into this one: they share its noise. */
  readonly shares?: readonly string[];
}

export const EMBEDDING_SITE = 'embedding.output';
export const FINAL_NORM_SITE = 'final_norm.output';
export const HEAD_SITE = 'lm_head.input';
export const LOGITS_SITE = 'logits';
export const residualSite = (layer: number): string => `layers.${layer}.residual`;

/** The pattern of all Linears: no other site ends so. */
export const EVERY_LINEAR = '**.input';

/** All sites of a model. */
export function listSites(config: ModelConfig): Site[] {
  return numberSites(passOrder(config));
}

/** Linears first, the other sites behind them; the order stays. */
export function numberSites<S extends Unnumbered>(sites: readonly S[]): (S & Pick<Site, 'index'>)[] {
  const [linears, others] = [sites.filter(isLinear), sites.filter((site) => !isLinear(site))];
  const indices = new Map([...linears, ...others].map(({ name }, index) => [name, index]));
  return sites.map((site) => ({ ...site, index: indices.get(site.name)! }));
}

/** The inputs of all Linears, in module order. */
export function linearSites(config: ModelConfig): Site[] {
  return listSites(config).filter(isLinear);
}

/** The sites that a pattern names: `**.input` is every Linear, `layers.*.mlp.*.input` every MLP's. Dots part the names. */
export function selectSites(config: ModelConfig, pattern: string): Site[] {
  return matchSites(listSites(config), pattern);
}

/** Those of some sites that a pattern, or any of several, names, each once; a pattern that names none is an error. */
export function matchSites<S extends Pick<Site, 'name'>>(sites: readonly S[], patterns: string | readonly string[]): S[] {
  const chosen = new Set<S>();
  for (const pattern of typeof patterns === 'string' ? [patterns] : patterns) {
    const matches = picomatch(slashed(pattern));
    const found = sites.filter(({ name }) => matches(slashed(name)));
    if (found.length === 0)
      throw new UserError(
        `no site of the model matches ${pattern}; the nearest is ${nearestSite(sites, pattern)} (tstar models sites MODEL)`,
      );
    for (const site of found) chosen.add(site);
  }
  return sites.filter((site) => chosen.has(site));
}

function isLinear({ kind }: Pick<Site, 'kind'>): boolean {
  return kind === 'linear input';
}

type Unnumbered = Omit<Site, 'index'>;

/** `embedding.output`, `layers.3.residual`, `final_norm.output` */
export function streamSite(name: string, width: number): Unnumbered {
  const layer = /^layers\.(\d+)\.residual$/.exec(name)?.[1];
  if (name === FINAL_NORM_SITE)
    return { name, width, kind: 'norm output', positions: 'all', what: 'the hidden state after the final norm' };
  const what = layer === undefined ? 'the stream as it enters the first layer' : `the stream as it leaves layer ${layer}`;
  return { name, width, kind: 'residual stream', positions: 'all', what };
}

/** In the order in which a pass meets them. */
function passOrder(config: ModelConfig): Unnumbered[] {
  const { hiddenSize, vocabSize, layerCount } = config;
  return [
    streamSite(EMBEDDING_SITE, hiddenSize),
    ...Array.from({ length: layerCount }, (_, layer) => [
      ...layerLinears(config, layer),
      streamSite(residualSite(layer), hiddenSize),
    ]).flat(),
    streamSite(FINAL_NORM_SITE, hiddenSize),
    { name: HEAD_SITE, width: hiddenSize, kind: 'linear input', positions: 'all', what: 'what the LM head reads: the hidden state' },
    { name: LOGITS_SITE, width: vocabSize, kind: 'logits', positions: 'last', what: 'the logits of the next token' },
  ];
}

function layerLinears(config: ModelConfig, layer: number): Unnumbered[] {
  const { hiddenSize, intermediateSize, headCount, headSize, fusedProjections } = config;
  const linear = (block: string, name: string, width: number): Unnumbered => ({
    name: `layers.${layer}.${block}.${name}.input`,
    width,
    kind: 'linear input',
    positions: 'all',
    what: `what ${name} of layer ${layer} reads`,
  });
  return [
    ...(fusedProjections ? ['qkv_proj'] : ['q_proj', 'k_proj', 'v_proj']).map((name) => linear('self_attn', name, hiddenSize)),
    linear('self_attn', 'o_proj', headCount * headSize),
    ...(fusedProjections ? ['gate_up_proj'] : ['gate_proj', 'up_proj']).map((name) => linear('mlp', name, hiddenSize)),
    linear('mlp', 'down_proj', intermediateSize),
  ];
}

function slashed(name: string): string {
  return name.replaceAll('.', '/');
}

/** What a missing or an extra part of a name costs, in letters. */
const PART_COST = 4;
const ANY_PARTS = '**';

/** By edit distance part by part; what the pattern leaves open costs nothing. */
function nearestSite(sites: readonly Pick<Site, 'name'>[], pattern: string): string {
  const wanted = pattern.split('.');
  const costs: EditCosts<string> = {
    missing: (want) => (want === ANY_PARTS ? 0 : PART_COST),
    extra: (want) => (want === ANY_PARTS ? 0 : PART_COST),
    replaced: (want, part) => (picomatch.isMatch(part, want) ? 0 : editDistance([...want], [...part], LETTERS)),
  };
  return sites
    .map(({ name }) => ({ name, cost: editDistance(wanted, name.split('.'), costs) }))
    .reduce((best, site) => (site.cost < best.cost ? site : best)).name;
}

interface EditCosts<Part> {
  /** Of a part that is wanted and is not there. */
  missing(want: Part): number;
  /** Of a part behind `want` that nobody wants; `want` is undefined at the beginning. */
  extra(want: Part | undefined): number;
  replaced(want: Part, part: Part): number;
}
const LETTERS: EditCosts<string> = { missing: () => 1, extra: () => 1, replaced: (want, part) => (want === part ? 0 : 1) };

/** Levenshtein's: parts put in, left out, replaced. */
function editDistance<Part>(wanted: readonly Part[], parts: readonly Part[], costs: EditCosts<Part>): number {
  let row = Array.from({ length: parts.length + 1 }, (_, j) => j * costs.extra(undefined));
  for (const want of wanted) {
    const next = [row[0]! + costs.missing(want)];
    for (const [j, part] of parts.entries())
      next.push(Math.min(next[j]! + costs.extra(want), row[j + 1]! + costs.missing(want), row[j]! + costs.replaced(want, part)));
    row = next;
  }
  return row[parts.length]!;
}
