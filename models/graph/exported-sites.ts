// The sites of an exported graph, named, shaped and ordered like those of a graph that is built here (sites.ts), so that noise and
// captures mean the same: the input of every Linear, the residual stream and the final norm's output where the graph shows them,
// the logits. Where the exporter fused what the architecture separates, the site says which Linears share it, and so one draw of noise.
import type { GraphProto } from '../../formats/onnx-proto.ts';
import { type ExportedLinear, FUSED } from './exported-linears.ts';
import { type ExportedStream, findStreams } from './exported-streams.ts';
import { EMBEDDING_SITE, FINAL_NORM_SITE, HEAD_SITE, LOGITS_SITE, numberSites, residualSite, type Site, streamSite } from './sites.ts';

export interface ExportedSite extends Site {
  /** The Linear that reads it; other sites have none. */
  readonly linear: ExportedLinear | null;
  /** The values that carry it, where no Linear does; the logits are an output. */
  readonly stream?: ExportedStream;
}

type Unnumbered = Omit<ExportedSite, 'index'>;

/** In the order of a pass: linears come in module order, the LM head last. */
export function exportedSites(graph: GraphProto, linears: readonly ExportedLinear[]): ExportedSite[] {
  const streams = findStreams(graph, linears);
  const streamAt = (name: string): Unnumbered[] => {
    const stream = streams.get(name);
    return stream === undefined ? [] : [{ ...streamSite(name, stream.width), linear: null, stream }];
  };
  const layerOf = ({ module }: ExportedLinear) => /^layers\.(\d+)\./.exec(module)?.[1];
  const head = linears.at(-1)!;
  const inLayers = linears.slice(0, -1).flatMap((linear, i) => {
    const layer = layerOf(linear);
    const leaves = layer !== undefined && layerOf(linears[i + 1]!) !== layer;
    return [linearSite(linear), ...(leaves ? streamAt(residualSite(Number(layer))) : [])];
  });
  const logits = { name: LOGITS_SITE, width: head.outputSize, kind: 'logits', positions: 'all', what: 'the logits', linear: null } as const;
  return numberSites([...streamAt(EMBEDDING_SITE), ...inLayers, ...streamAt(FINAL_NORM_SITE), linearSite(head), logits]);
}

function linearSite(linear: ExportedLinear): Unnumbered {
  const name = `${linear.module}.input`;
  const common = { name, width: linear.inputSize, kind: 'linear input', positions: 'all', linear } as const;
  if (name === HEAD_SITE) return { ...common, what: 'what the LM head reads: the hidden state' };
  const parts = linear.module.split('.');
  const last = parts.at(-1)!;
  const reads = parts[0] === 'layers' ? `${last} of layer ${parts[1]}` : linear.module;
  const fused = FUSED[last];
  if (fused === undefined) return { ...common, what: `what ${reads} reads` };
  const shares = fused.map((module) => `${parts.slice(0, -1).join('.')}.${module}.input`);
  return { ...common, shares, what: `what ${fused.join(', ')} of layer ${parts[1]} read: one Linear in this export, so one draw of noise` };
}
