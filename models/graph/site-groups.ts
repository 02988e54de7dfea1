// Groups of the inputs of a model's Linears, each named by the glob that chooses it: noise at one group at a time. In: the
// sites' names and how to group them; out: globs, so that a group means the same whoever made it.
import { UserError } from '../../formats/user-error.ts';
import { EMBEDDING_SITE, matchSites } from './sites.ts';

/** One group per layer, per kind of Linear (q_proj ... down_proj, lm_head), or per site; the LM head is a group of its own in each. */
export const GROUPINGS = ['layer', 'kind', 'site'] as const;
type Grouping = (typeof GROUPINGS)[number];

/** The globs of the groups, in module order, each once. `by`: one grouping, or globs that are the groups themselves. */
export function groupSites(sites: readonly string[], by: readonly string[]): string[] {
  const grouping = by.length === 1 ? GROUPINGS.find((name) => name === by[0]) : undefined;
  return [...new Set(grouping === undefined ? by : sites.map((site) => groupOf(site, grouping)))];
}

function groupOf(site: string, grouping: Grouping): string {
  const parts = /^layers\.(\d+)\..*?([^.]+)\.input$/.exec(site);
  if (parts === null || grouping === 'site') return site;
  return grouping === 'layer' ? `layers.${parts[1]}.**.input` : `**.${parts[2]}.input`;
}

/** The sites that any of some globs names, in the order of the model. */
export function chooseSites(sites: readonly string[], globs: readonly string[]): string[] {
  const named = sites.map((name) => ({ name }));
  return matchSites(named, globs).map(({ name }) => name);
}

/** What is wrong with globs of sites, each by itself; nothing where each names one. */
export function siteProblems(sites: readonly string[], globs: readonly string[]): string[] {
  return globs.flatMap((glob) => {
    try {
      chooseSites(sites, [glob]);
      return [];
    } catch (error) {
      if (error instanceof UserError) return [error.message];
      throw error;
    }
  });
}

/** What is wrong with a choice of groups, in words; nothing where it is right. */
export function groupProblems(sites: readonly string[], by: readonly string[]): string[] {
  const mixed = by.filter((name) => (GROUPINGS as readonly string[]).includes(name));
  if (mixed.length > 0 && by.length > 1)
    return [
      `${mixed[0]} makes groups of all sites, which ${by.filter((name) => name !== mixed[0]).join(', ')} would count again: choose one`,
    ];
  return siteProblems(sites, groupSites(sites, by)).map((problem) => `${problem}; noise is at the inputs of Linears`);
}

export interface SitePlace {
  /** null: in front of the layers or behind them. */
  readonly layer: number | null;
  /** `q_proj`, `residual` (the stream, also as it enters the layers), `final_norm`, `lm_head`, `logits` */
  readonly kind: string;
}

/** Where a site lies between layers and kinds, from its name alone. */
export function sitePlace(site: string): SitePlace {
  const parts = site.split('.');
  const layer = parts[0] === 'layers' ? Number(parts[1]) : null;
  if (site === EMBEDDING_SITE || parts.at(-1) === 'residual') return { layer, kind: 'residual' };
  return { layer, kind: parts.at(-2) ?? site };
}

export interface GroupPlace {
  /** null: sites of several layers, or of none. */
  readonly layer: number | null;
  /** The Linear's own name; null: of several kinds. */
  readonly kind: string | null;
}

/** Where a group lies between layers and kinds of Linears, from its glob alone. */
export function placeOf(glob: string): GroupPlace {
  const layer = /^layers\.(\d+)\./.exec(glob)?.[1];
  const kind = /(?:^|\.)([A-Za-z0-9_]+)\.input$/.exec(glob)?.[1];
  return { layer: layer === undefined ? null : Number(layer), kind: kind ?? null };
}
