// The sites of an exported graph, named and shaped like those of a graph that is built here (sites.ts), so that noise and
// captures mean the same: the input of every Linear, and the logits. Where the exporter fused what the architecture separates,
// the site says which Linears share it, and so one draw of noise.
import { type ExportedLinear, FUSED } from './exported-linears.ts';
import { HEAD_SITE, LOGITS_SITE, type Site } from './sites.ts';

export interface ExportedSite extends Site {
  /** The Linear that reads it; the logits have none. */
  readonly linear: ExportedLinear | null;
}

/** In module order, the logits last. */
export function exportedSites(linears: readonly ExportedLinear[]): ExportedSite[] {
  const head = linears.at(-1)!;
  const logits = { name: LOGITS_SITE, width: head.outputSize, kind: 'logits', positions: 'all', what: 'the logits' } as const;
  return [...linears.map((linear, index) => siteOf(linear, index)), { ...logits, index: linears.length, linear: null }];
}

function siteOf(linear: ExportedLinear, index: number): ExportedSite {
  const name = `${linear.module}.input`;
  const common = { name, index, width: linear.inputSize, kind: 'linear input', positions: 'all', linear } as const;
  if (name === HEAD_SITE) return { ...common, what: 'what the LM head reads: the hidden state' };
  const parts = linear.module.split('.');
  const last = parts.at(-1)!;
  const reads = parts[0] === 'layers' ? `${last} of layer ${parts[1]}` : linear.module;
  const fused = FUSED[last];
  if (fused === undefined) return { ...common, what: `what ${reads} reads` };
  const shares = fused.map((module) => `${parts.slice(0, -1).join('.')}.${module}.input`);
  return { ...common, shares, what: `what ${fused.join(', ')} of layer ${parts[1]} read: one Linear in this export, so one draw of noise` };
}
