// The Linears of a graph that somebody else exported: products of a value that follows from the tokens with a constant matrix.
// Named as their modules are called, from what exporters leave in node and weight names (`/model/layers.0/self_attn/q_proj/MatMul`,
// `model.layers.0.attn.qkv_proj.MatMul.weight_Q4`); the LM head is found by its place: the last one before the logits.
import type { GraphProto, NodeProto, TensorProto } from '../../formats/onnx-proto.ts';
import { int64 } from '../../formats/onnx-proto.ts';
import { printable } from '../../formats/printable.ts';
import { UserError } from '../../formats/user-error.ts';

export const TOKEN_INPUT = 'input_ids';
export const LOGITS_OUTPUT = 'logits';

/** A Linear in a graph: which input of which node carries what it reads. */
export interface ExportedLinear {
  /** `layers.0.self_attn.q_proj`, `lm_head` */
  readonly module: string;
  readonly node: NodeProto;
  readonly inputSize: number;
  readonly outputSize: number;
}

/** In module order: layer by layer, q k v o gate up down, the LM head last. Nodes must stand in an order in which they can run. */
export function findLinears(graph: GraphProto, where: string): ExportedLinear[] {
  const makers = new Map((graph.node ?? []).flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)));
  const constants = constantLookup(graph, makers);
  const ofTokens = tokenValues(graph);
  const found = (graph.node ?? []).flatMap((node) => {
    const matrix = matrixOf(node, constants, where);
    return matrix !== undefined && ofTokens.has(node.input?.[0] ?? '') ? [{ node, ...matrix }] : [];
  });
  const head = headOf(makers, new Set(found.map(({ node }) => node)), where);
  const named = found.map(({ node, weight, inputSize, outputSize }, place) => ({
    place,
    path: node === head ? HEAD : (modulePath(node.name) ?? modulePath(weight)),
    node,
    inputSize,
    outputSize,
  }));
  const sorted = named.sort((a, b) => orderOf(a.path) - orderOf(b.path) || a.place - b.place);
  return withUniqueNames(sorted.map(({ path, place, ...linear }) => ({ ...linear, module: path?.module ?? `unnamed.${place}` })));
}

interface ModulePath {
  readonly module: string;
  readonly layer: number;
  readonly name: string;
}
const HEAD: ModulePath = { module: 'lm_head', layer: Number.MAX_SAFE_INTEGER, name: 'lm_head' };

/** Which published Linears a fused one stands for; its noise is one draw for all of them. */
export const FUSED: Readonly<Record<string, readonly string[]>> = {
  qkv_proj: ['q_proj', 'k_proj', 'v_proj'],
  query_key_value: ['q_proj', 'k_proj', 'v_proj'],
  Wqkv: ['q_proj', 'k_proj', 'v_proj'],
  c_attn: ['q_proj', 'k_proj', 'v_proj'],
  gate_up_proj: ['gate_proj', 'up_proj'],
};

/** As transformers lists a layer's modules. */
const MODULE_ORDER = ['q_proj', 'k_proj', 'v_proj', 'qkv_proj', 'o_proj', 'gate_proj', 'up_proj', 'gate_up_proj', 'down_proj'];

function orderOf(path: ModulePath | undefined): number {
  if (path === undefined) return -1;
  const rank = MODULE_ORDER.indexOf(path.name);
  return path.layer * 100 + (rank < 0 ? MODULE_ORDER.length : rank);
}

/** The parts of a module's name that exporters append: operator, tensor, quantization. */
const TAIL = /^(?:MatMul|Gemm|FusedMatMul|MatMulNBits|weight|quant|qweight|weight_quantized|output_\d+)(?:_\w+)?$/;
const ATTENTION = new Set(['attn', 'attention', 'self_attention']);

function modulePath(text: string | undefined): ModulePath | undefined {
  const match = /(?:^|[./])(?:layers|layer|blocks|h)[./](\d{1,6})[./](.+)$/.exec(text ?? '');
  if (match === null) return undefined;
  const parts = match[2]!.split(/[./]+/).map((part) => (ATTENTION.has(part) ? 'self_attn' : part));
  const tail = parts.findIndex((part) => TAIL.test(part));
  const names = tail < 0 ? parts : parts.slice(0, tail);
  // Dots part a site's name: what an exporter made of other characters must not look like more of them.
  if (names.length === 0 || names.some((part) => !/^\w+$/.test(part))) return undefined;
  return { module: ['layers', match[1], ...names].join('.'), layer: Number(match[1]), name: names.at(-1)! };
}

function withUniqueNames(linears: readonly ExportedLinear[]): ExportedLinear[] {
  const counts = new Map<string, number>();
  return linears.map((linear) => {
    const count = (counts.get(linear.module) ?? 0) + 1;
    counts.set(linear.module, count);
    return count === 1 ? linear : { ...linear, module: `${linear.module}.${count}` };
  });
}

interface Matrix {
  readonly weight: string;
  readonly inputSize: number;
  readonly outputSize: number;
}

/** The constant matrix of a Linear; undefined where the node is none. */
function matrixOf(node: NodeProto, constants: (name: string) => Constant | undefined, where: string): Matrix | undefined {
  const operator = LINEARS.get(node.opType ?? '');
  if (operator === undefined || operator.domain !== (node.domain ?? '').replace('ai.onnx', '')) return undefined;
  const constant = constants(node.input?.[1] ?? '');
  if (constant === undefined) return undefined;
  const name = `${where}: node ${printable(node.name || node.opType)}`;
  if (node.opType === 'MatMulNBits') return quantizedMatrix(node, constant, constants, name);
  if (constant.dims.length !== 2) return undefined;
  if (intAttribute(node, 'transA') !== 0) return undefined;
  refuseOtherFloats(constant.dataType, name);
  const [rows, columns] = constant.dims as [number, number];
  const [inputSize, outputSize] = intAttribute(node, 'transB') === 0 ? [rows, columns] : [columns, rows];
  return { weight: constant.name, inputSize, outputSize };
}

const LINEARS = new Map([
  ['MatMul', { domain: '' }],
  ['Gemm', { domain: '' }],
  ['FusedMatMul', { domain: 'com.microsoft' }],
  ['MatMulNBits', { domain: 'com.microsoft' }],
]);

/** N rows of K weights in blocks: what its attributes say must be what its tensors hold, for the kernel trusts them. */
function quantizedMatrix(node: NodeProto, weight: Constant, constants: (name: string) => Constant | undefined, name: string): Matrix {
  const [inputSize, outputSize, bits, blockSize] = ['K', 'N', 'bits', 'block_size'].map((key) =>
    intAttribute(node, key, key === 'bits' ? 4 : 0),
  ) as [number, number, number, number];
  if (![2, 4, 8].includes(bits) || blockSize < 16 || (blockSize & (blockSize - 1)) !== 0 || inputSize < 1 || outputSize < 1)
    throw new UserError(`${name}: K ${inputSize}, N ${outputSize}, bits ${bits}, block_size ${blockSize} are no MatMulNBits`);
  const blocks = Math.ceil(inputSize / blockSize);
  const scales = constants(node.input?.[2] ?? '');
  const [needed, found] = [outputSize * blocks * ((blockSize * bits) / 8), size(weight)];
  if (needed !== found) throw new UserError(`${name}: its weight has ${found} bytes, N ${outputSize} and K ${inputSize} need ${needed}`);
  if (scales === undefined || size(scales) !== outputSize * blocks)
    throw new UserError(
      `${name}: its scales are ${scales === undefined ? 'no constant' : size(scales)}, N and K need ${outputSize * blocks}`,
    );
  refuseOtherFloats(scales.dataType, name);
  return { weight: weight.name, inputSize, outputSize };
}

function size({ dims }: Constant): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

const FLOAT32 = 1;
function refuseOtherFloats(dataType: number, name: string): void {
  if (dataType !== FLOAT32)
    throw new UserError(
      `${name}: computes in data_type ${dataType}; only exports with float32 activations are supported: export with float32 or int4 weights`,
    );
}

interface Constant {
  /** Of the initializer or Constant that it comes from. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
}

/** What a value is where it follows from initializers alone, by operators that only turn or widen a matrix. */
function constantLookup(graph: GraphProto, makers: ReadonlyMap<string, NodeProto>): (name: string) => Constant | undefined {
  const initializers = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const lookUp = (name: string, depth: number): Constant | undefined => {
    const initializer = initializers.get(name);
    if (initializer !== undefined) return constantOf(name, initializer);
    const maker = makers.get(name);
    if (maker === undefined || depth > MAX_CHAIN) return undefined;
    if (maker.opType === 'Constant') {
      const value = maker.attribute?.find((attribute) => attribute.name === 'value')?.t;
      return value == null ? undefined : constantOf(name, value);
    }
    const inner = lookUp(maker.input?.[0] ?? '', depth + 1);
    if (inner === undefined) return undefined;
    switch (maker.opType) {
      case 'Identity':
        return inner;
      case 'Cast':
        return { ...inner, dataType: intAttribute(maker, 'to') };
      case 'DequantizeLinear': {
        const scale = lookUp(maker.input?.[1] ?? '', depth + 1);
        return scale === undefined ? undefined : { ...inner, dataType: scale.dataType };
      }
      case 'Transpose':
        return inner.dims.length === 2 ? { ...inner, dims: transposed(maker, inner.dims) } : undefined;
      default:
        return undefined;
    }
  };
  return (name) => lookUp(name, 0);
}

/** Operators between an initializer and the product; exporters write one or two. */
const MAX_CHAIN = 8;

function constantOf(name: string, { dims, dataType }: TensorProto): Constant {
  return { name, dims: (dims ?? []).map(int64), dataType: dataType ?? 0 };
}

function transposed(node: NodeProto, dims: readonly number[]): readonly number[] {
  const order = node.attribute?.find(({ name }) => name === 'perm')?.ints?.map(int64) ?? [];
  return order[0] === 0 ? dims : dims.toReversed();
}

/** Values that follow from the token ids otherwise than by their shape. */
function tokenValues(graph: GraphProto): ReadonlySet<string> {
  const values = new Set([TOKEN_INPUT]);
  for (const node of graph.node ?? [])
    if (node.opType !== 'Shape' && node.opType !== 'Size' && (node.input ?? []).some((name) => values.has(name)))
      for (const name of node.output ?? []) if (name !== '') values.add(name);
  return values;
}

/** The nearest Linear on the way back from the logits. */
function headOf(makers: ReadonlyMap<string, NodeProto>, linears: ReadonlySet<NodeProto>, where: string): NodeProto {
  const seen = new Set<NodeProto>();
  const waiting = [makers.get(LOGITS_OUTPUT)];
  for (const node of waiting) {
    if (node === undefined || seen.has(node)) continue;
    if (linears.has(node)) return node;
    seen.add(node);
    waiting.push(...(node.input ?? []).map((name) => makers.get(name)));
  }
  throw new UserError(
    `${where}: no Linear leads from ${TOKEN_INPUT} to an output ${LOGITS_OUTPUT}; expected a decoder with an LM head, its layers not inside an If (a merged decoder)`,
  );
}

function intAttribute(node: NodeProto, name: string, otherwise = 0): number {
  const attribute = node.attribute?.find((candidate) => candidate.name === name);
  return attribute === undefined ? otherwise : int64(attribute.i);
}
