// Surgery on a graph that somebody else exported: the declarations of forward.ts (captures and noise at sites) on its own
// nodes, with the same inputs and outputs as a graph that is built here. One prompt, one scale at a time: nobody knows whether
// a foreign graph keeps the members of a batch apart. What the outputs do not need is cut away.
// Raise INSTRUMENT_VERSION with every change of what comes out: keys contain it beside the export's digest.
import { checkedGraph, definedValues, valuesRead } from '../../formats/onnx-graph.ts';
import {
  encodeModel,
  externalData,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../formats/onnx-proto.ts';
import { printable } from '../../formats/printable.ts';
import { UserError } from '../../formats/user-error.ts';
import type { Amplitude } from '../engine.ts';
import type { ExportedModel } from '../exported/decode-export.ts';
import type { ExportedSite } from './exported-sites.ts';
import type { ExportedStream } from './exported-streams.ts';
import { type ForwardDeclaration, HIDDEN_LAST, noiseInput, scaleInputs, scaleOf } from './forward.ts';
import { type GraphBuilder, graph, type Value } from './graph-builder.ts';
import { HIDDEN, LOGITS } from './head.ts';
import { HEAD_SITE, LOGITS_SITE } from './sites.ts';
import { type AxisSize, addNoise } from './std.ts';

export const INSTRUMENT_VERSION = 1;

export interface InstrumentedGraph {
  readonly bytes: Uint8Array;
  /** What is left of the export's own inputs. */
  readonly inputs: readonly ValueInfoProto[];
}

/** The export with sites captured ([1, S, width]) and inputs of Linears disturbed; its last hidden state is an output always. */
export function instrument(exported: ExportedModel, declaration: ForwardDeclaration): InstrumentedGraph {
  const { capture, noise, amplitude = 'relative' } = declaration;
  const surgery = startSurgery(exported);
  for (const name of scaleInputs(declaration)) surgery.add(declaredScale(name));
  for (const site of exported.sites) {
    const g = graph(site.name, `${PREFIX}${site.name}.`);
    if (site.linear === null) {
      if (site.stream === undefined || !capture.includes(site.name)) continue;
      g.output(asRows(g, streamValue(g, site.stream), site.width), 'float32', [1, 'S', site.width], site.name);
      surgery.add(g);
      continue;
    }
    const arriving = asRows(g, inputOf(site.linear.node), site.width);
    const noisy = noise.includes(site.name) ? { scale: scaleOf(site.name, declaration), amplitude } : null;
    const value =
      site.name === HEAD_SITE ? headInput(g, site, arriving, noisy) : noisy === null ? arriving : disturbed(g, site, arriving, noisy);
    if (capture.includes(site.name)) g.output(site.name === HEAD_SITE ? arriving : value, 'float32', [1, 'S', site.width], site.name);
    if (value !== arriving)
      surgery.replaceInput(site.linear.node, g.node('Reshape', [value, g.node('Shape', [inputOf(site.linear.node)])]));
    surgery.add(g);
  }
  return surgery.finish(capture.includes(LOGITS_SITE) ? [LOGITS_SITE] : []);
}

/** What follows the LM head's input, alone: a hidden state [1, 1, D] in, logits out. */
export function extractHead(exported: ExportedModel): InstrumentedGraph {
  const { node, inputSize: width } = exported.sites.find(({ name }) => name === HEAD_SITE)!.linear!;
  const surgery = startSurgery(exported);
  const g = graph('head', `${PREFIX}head.`);
  const hidden = g.input(HIDDEN, 'float32', [1, 1, width]);
  const value = node.opType === 'Gemm' ? g.node('Reshape', [hidden, g.ints([1, width])]) : hidden;
  g.node('Identity', [value], {}, { name: inputOf(node) });
  surgery.add(g);
  surgery.cutBefore(inputOf(node));
  const head = surgery.finish([LOGITS]);
  const foreign = head.inputs.find(({ name }) => name !== 'input_ids' && name !== 'attention_mask');
  if (foreign !== undefined)
    throw new UserError(
      `${exported.where}: the logits follow from ${foreign.name} otherwise than through the LM head, which is not supported`,
    );
  return head;
}

/** The export as it is, for some of its outputs. */
export function keepOutputs(exported: ExportedModel, outputs: readonly string[]): InstrumentedGraph {
  const made = new Set((exported.graph.output ?? []).map(({ name }) => name));
  const missing = outputs.find((name) => !made.has(name));
  if (missing !== undefined) throw new UserError(`${exported.where}: graph.output lacks ${printable(missing)}, which generation needs`);
  return startSurgery(exported).finish(outputs);
}

/** In front of every name that is made here; the sites' names and those of the inputs for noise stand as they are. */
const PREFIX = 'tstar.';

/** int64 [1]; without what only later opsets have. */
const shapeElement: AxisSize = (g, x, axis) => g.node('Gather', [g.node('Shape', [x]), g.ints([axis])], { axis: 0 });

function declaredScale(name: string): GraphBuilder {
  const g = graph(name);
  g.input(name, 'float32', [1, 1, 1]);
  return g;
}

function inputOf(node: NodeProto): Value {
  return node.input![0]!;
}

/** [S, width] as some exporters flatten it, and [1, S, width], both as the latter. */
function asRows(g: GraphBuilder, value: Value, width: number): Value {
  return g.node('Reshape', [value, g.ints([1, -1, width])]);
}

function streamValue(g: GraphBuilder, { values }: ExportedStream): Value {
  return values.length === 1 ? values[0]! : g.node('Add', values);
}

interface Noisy {
  readonly scale: Value;
  readonly amplitude: Amplitude;
}

function disturbed(g: GraphBuilder, { name, width }: ExportedSite, x: Value, { scale, amplitude }: Noisy): Value {
  const z = g.input(noiseInput(name), 'float32', [1, 'S', width]);
  return addNoise(g, { x, disturbed: x, z, scale, width, axisSize: shapeElement }, amplitude);
}

/** Of the head's input the last position is disturbed and an output. */
function headInput(g: GraphBuilder, { name, width }: ExportedSite, x: Value, noisy: Noisy | null): Value {
  const last = g.node('Slice', [x, g.ints([-1]), g.ints([Number.MAX_SAFE_INTEGER]), g.ints([1])]);
  const reaching = noisy === null ? last : disturbedLast(g, { name, width }, { x, last, ...noisy });
  g.output(g.node('Reshape', [reaching, g.ints([-1, width])]), 'float32', [1, width], HIDDEN_LAST);
  if (noisy === null) return x;
  const before = g.node('Slice', [x, g.ints([0]), g.ints([-1]), g.ints([1])]);
  return g.node('Concat', [before, reaching], { axis: 1 });
}

interface HeadInput extends Noisy {
  readonly x: Value;
  readonly last: Value;
}

function disturbedLast(
  g: GraphBuilder,
  { name, width }: Pick<ExportedSite, 'name' | 'width'>,
  { x, last, scale, amplitude }: HeadInput,
): Value {
  const z = g.input(noiseInput(name), 'float32', [1, 1, width]);
  return addNoise(g, { x, disturbed: last, z, scale, width, axisSize: shapeElement }, amplitude);
}

interface Surgery {
  /** Takes over what a builder made. */
  add(g: GraphBuilder): void;
  replaceInput(node: NodeProto, value: Value): void;
  /** The node that makes the value goes: the value is made by something that was added. */
  cutBefore(value: Value): void;
  /** `kept` are outputs of the export that stay. */
  finish(kept: readonly string[]): InstrumentedGraph;
}

function startSurgery({ model, graph: foreign, where }: ExportedModel): Surgery {
  const added: GraphProto[] = [];
  const replaced = new Map<NodeProto, Value>();
  const cut = new Set<Value>();
  return {
    add: (g) => void added.push(g.proto()),
    replaceInput: (node, value) => void replaced.set(node, value),
    cutBefore: (value) => void cut.add(value),
    finish(kept) {
      refuseTakenNames(foreign, added, cut, where);
      const parts = <Key extends 'node' | 'initializer' | 'input' | 'output'>(key: Key) => added.flatMap((part) => part[key] ?? []);
      const nodes = (foreign.node ?? [])
        .filter(({ output }) => !(output ?? []).some((name) => cut.has(name)))
        .map((node) => (replaced.has(node) ? { ...node, input: [replaced.get(node)!, ...node.input!.slice(1)] } : node));
      const initializers = (foreign.initializer ?? []).filter(({ name }) => !cut.has(name ?? ''));
      const names = new Set(initializers.map(({ name }) => name));
      const merged = needed({
        name: 'instrumented',
        node: [...nodes, ...parts('node')] as NodeProto[],
        initializer: [...initializers.map(canonical), ...parts('initializer')] as TensorProto[],
        // Old exporters list weights as inputs too.
        input: [...(foreign.input ?? []).filter(({ name }) => !names.has(name)), ...parts('input')] as ValueInfoProto[],
        output: [...(foreign.output ?? []).filter(({ name }) => kept.includes(name ?? '')), ...parts('output')] as ValueInfoProto[],
      });
      const graphProto = checkedGraph({ graph: merged }, `${where}, instrumented`);
      const own = new Set(parts('input').map(({ name }) => name));
      return {
        bytes: encodeModel({ irVersion: model.irVersion ?? 8, producerName: 'tstar', opsetImport: opsetsOf(model), graph: graphProto }),
        inputs: merged.input!.filter(({ name }) => !own.has(name)),
      };
    },
  };
}

/** A foreign value of the same name would be mixed up with one of ours. */
function refuseTakenNames(foreign: GraphProto, added: readonly GraphProto[], cut: ReadonlySet<Value>, where: string): void {
  const taken = new Set(definedValues(foreign));
  const clash = added.flatMap(definedValues).find((name) => taken.has(name) && !cut.has(name));
  if (clash !== undefined)
    throw new UserError(`${where}: its value ${printable(clash)} has a name that the instrument needs; rename it in the export`);
}

/** Without what no output needs. */
function needed(whole: GraphProto): GraphProto {
  const makers = new Map((whole.node ?? []).flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)));
  const values = new Set((whole.output ?? []).map(({ name }) => name ?? ''));
  const nodes = new Set<NodeProto>();
  for (const value of values) {
    const maker = makers.get(value);
    if (maker === undefined || nodes.has(maker)) continue;
    nodes.add(maker);
    for (const read of valuesRead(maker)) values.add(read);
  }
  const isRead = ({ name }: { name?: string }) => values.has(name ?? '');
  return {
    ...whole,
    node: (whole.node ?? []).filter((node) => nodes.has(node)),
    initializer: (whole.initializer ?? []).filter(isRead),
    input: (whole.input ?? []).filter(isRead),
  };
}

/** A place in a file written as it was read: what another parser makes of other spellings is no concern then. */
function canonical(tensor: TensorProto): TensorProto {
  const external = externalData(tensor);
  if (external === null) return tensor;
  const { location, offset, length } = external;
  const entries = { location, offset: String(offset), ...(length === null ? {} : { length: String(length) }) };
  return { ...tensor, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) };
}

const MICROSOFT = { domain: 'com.microsoft', version: 1 };
function opsetsOf({ opsetImport = [] }: ExportedModel['model']) {
  return opsetImport.some(({ domain }) => domain === MICROSOFT.domain) ? opsetImport : [...opsetImport, MICROSOFT];
}
