// The residual stream in a graph that somebody else exported: what the norm in front of each layer's attention and in front of the
// LM head reads. Norms are operators (SimplifiedLayerNormalization, RMSNormalization, fused with the sum before them in
// SkipSimplifiedLayerNormalization) or spelt out (Pow, ReduceMean, Sqrt, Div, Mul). A place that looks otherwise has no site.
import type { GraphProto, NodeProto } from '../../formats/onnx-proto.ts';
import { type ExportedLinear, FUSED } from './exported-linears.ts';
import type { Value } from './graph-builder.ts';
import { EMBEDDING_SITE, FINAL_NORM_SITE, residualSite } from './sites.ts';

export interface ExportedStream {
  readonly name: string;
  /** One value, or two whose sum no output of the graph's nodes carries. */
  readonly values: readonly Value[];
  readonly width: number;
}

/** By name: `embedding.output`, `layers.3.residual`, `final_norm.output`. Linears in module order, the LM head last. */
export function findStreams(graph: GraphProto, linears: readonly ExportedLinear[]): ReadonlyMap<string, ExportedStream> {
  const makers = new Map((graph.node ?? []).flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)));
  const found = new Map<string, ExportedStream>();
  const put = (name: string, values: readonly Value[], width: number) => void found.set(name, { name, values, width });
  const head = linears.at(-1)!;
  const layers = new Set<number>();
  for (const { module, node, inputSize } of linears) {
    const layer = attentionLayer(module);
    if (layer === undefined || layers.has(layer)) continue;
    layers.add(layer);
    const norm = normBefore(node.input?.[0], makers);
    if (norm !== undefined) put(layer === 0 ? EMBEDDING_SITE : residualSite(layer - 1), norm.stream, inputSize);
  }
  const last = normBefore(head.node.input?.[0], makers);
  if (last === undefined) return found;
  if (layers.size > 0) put(residualSite(Math.max(...layers)), last.stream, head.inputSize);
  put(FINAL_NORM_SITE, [last.normed], head.inputSize);
  return found;
}

/** Of the Linears that read what the norm in front of a layer's attention gives. */
function attentionLayer(module: string): number | undefined {
  const [, layer, name] = /^layers\.(\d+)\.self_attn\.(\w+)$/.exec(module) ?? [];
  return layer !== undefined && (name === 'q_proj' || FUSED[name!]?.includes('q_proj')) ? Number(layer) : undefined;
}

interface Norm {
  readonly normed: Value;
  readonly stream: readonly Value[];
}

type Makers = ReadonlyMap<string, NodeProto>;

const NORMS = new Set(['SimplifiedLayerNormalization', 'RMSNormalization', 'LayerNormalization']);
const SKIP_NORMS = new Set(['SkipSimplifiedLayerNormalization', 'SkipLayerNormalization']);
/** What may stand between a norm and the Linear behind it: other spellings of the same numbers, or a choice of positions. */
const PASSING = new Set(['Identity', 'Cast', 'Reshape', 'Slice', 'Gather']);
const MAX_PASSING = 4;

function normBefore(value: Value | undefined, makers: Makers, depth = 0): Norm | undefined {
  const node = makers.get(value ?? '');
  if (node === undefined || depth > MAX_PASSING) return undefined;
  const [op, inputs] = [node.opType ?? '', node.input ?? []];
  if (NORMS.has(op)) return { normed: node.output![0]!, stream: [inputs[0]!] };
  // The sum is an output that may be left out.
  if (SKIP_NORMS.has(op)) return { normed: node.output![0]!, stream: node.output![3] ? [node.output![3]] : [inputs[0]!, inputs[1]!] };
  if (PASSING.has(op)) return normBefore(inputs[0], makers, depth + 1);
  const squared = op === 'Mul' ? squaredBefore(node, makers) : undefined;
  return squared === undefined ? undefined : { normed: value!, stream: [squared] };
}

/** What a spelt-out norm is made of, behind its Pow. */
const SPELT_OUT = new Set(['Mul', 'Div', 'Reciprocal', 'Sqrt', 'Add', 'ReduceMean', 'Cast']);
const MAX_SPELT_OUT = 16;

/** x of weight * (x / sqrt(mean(x^2) + epsilon)): what the nearest Pow squares. */
function squaredBefore(product: NodeProto, makers: Makers): Value | undefined {
  const seen = new Set<NodeProto>();
  const waiting: (NodeProto | undefined)[] = [product];
  for (const node of waiting) {
    if (node === undefined || seen.has(node)) continue;
    if (node.opType === 'Pow') return uncast(node.input![0]!, makers);
    if (!SPELT_OUT.has(node.opType ?? '') || seen.size > MAX_SPELT_OUT) continue;
    seen.add(node);
    waiting.push(...(node.input ?? []).map((name) => makers.get(name)));
  }
  return undefined;
}

function uncast(value: Value, makers: Makers): Value {
  const maker = makers.get(value);
  return maker?.opType === 'Cast' ? uncast(maker.input![0]!, makers) : value;
}
