// A foreign ONNX graph, checked before anything walks it and before a runtime sees it: every value is made once and before
// it is read, nothing is unbounded, and only ONNX's own operators and ONNX Runtime's take part. In: a decoded model; out: its
// nodes in an order in which they can run. Errors name the file, the node and the field.
import { MAX_ONNX_GRAPH_DEPTH, MAX_ONNX_NODES } from './limits.ts';
import { type AttributeProto, externalData, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from './onnx-proto.ts';
import { checkTensorData } from './onnx-tensor.ts';
import { printable } from './printable.ts';
import { UserError } from './user-error.ts';

/** Operators of ONNX and of ONNX Runtime; any other domain needs a library that we do not load. */
const DOMAINS = new Set(['', 'ai.onnx', 'com.microsoft']);
/** Reads a file that its attribute names. */
const FILE_READERS = new Set(['EPContext']);

/** The graph of a model that is right in itself; `where` names the file in errors. */
export function checkedGraph(model: ModelProto, where: string): GraphProto {
  const graph = model.graph!;
  if ((model.functions ?? []).length > 0)
    throw new UserError(`${where}: has ${model.functions!.length} local functions; export the model with functions inlined`);
  for (const { domain } of model.opsetImport ?? [])
    if (!DOMAINS.has(domain ?? ''))
      throw new UserError(`${where}: opset_import asks for the domain ${printable(domain)}; known are ai.onnx and com.microsoft`);
  const node = sortedNodes(graph, where, { outer: () => false, depth: 0 });
  return { ...graph, node };
}

/** What a node reads: its inputs, and what the graphs inside it take from outside. */
export function valuesRead(node: NodeProto): string[] {
  const inner = subgraphsOf(node).flatMap((graph) => {
    const made = new Set(definedValues(graph));
    return [...(graph.node ?? []).flatMap(valuesRead), ...(graph.output ?? []).map(({ name }) => name ?? '')].filter(
      (name) => !made.has(name),
    );
  });
  return [...(node.input ?? []).filter((name) => name !== ''), ...inner];
}

interface Scope {
  /** Whether the graphs around this one have a value. */
  readonly outer: (name: string) => boolean;
  readonly depth: number;
}

function sortedNodes(graph: GraphProto, where: string, { outer, depth }: Scope): NodeProto[] {
  const nodes = graph.node ?? [];
  if (depth > MAX_ONNX_GRAPH_DEPTH) throw new UserError(`${where}: graphs are nested deeper than ${MAX_ONNX_GRAPH_DEPTH}`);
  if (nodes.length > MAX_ONNX_NODES) throw new UserError(`${where}: graph.node has ${nodes.length} entries, at most ${MAX_ONNX_NODES}`);
  if ((graph.sparseInitializer ?? []).length > 0) throw new UserError(`${where}: graph.sparse_initializer is not supported`);
  for (const tensor of graph.initializer ?? []) {
    checkTensorData(tensor, where);
    if (depth > 0) refuseExternal(tensor, where);
  }
  const makers = makersOf(graph, where);
  const known = (name: string) => makers.has(name) || outer(name);
  for (const [index, node] of nodes.entries()) {
    checkNode(node, `${where}: graph.node[${index}] (${printable(node.name || node.opType)})`);
    for (const name of node.input ?? [])
      if (name !== '' && !known(name)) throw new UserError(`${where}: ${nodeName(node)} reads ${printable(name)}, which nothing makes`);
    for (const inner of subgraphsOf(node)) sortedNodes(inner, where, { outer: known, depth: depth + 1 });
  }
  for (const { name } of graph.output ?? [])
    if (!known(name ?? '')) throw new UserError(`${where}: graph.output ${printable(name)} is a value that nothing makes`);
  return inOrder(nodes, makers, where);
}

function checkNode(node: NodeProto, where: string): void {
  if ((node.opType ?? '') === '') throw new UserError(`${where}: op_type is empty`);
  if (!DOMAINS.has(node.domain ?? ''))
    throw new UserError(
      `${where}: domain ${printable(node.domain)} of ${printable(node.opType)} is unknown; known are ai.onnx and com.microsoft`,
    );
  if (FILE_READERS.has(node.opType!)) throw new UserError(`${where}: ${node.opType} reads other files, which is refused`);
  for (const attribute of node.attribute ?? []) checkAttribute(attribute, where);
}

function checkAttribute({ name, t, tensors, sparseTensor, sparseTensors }: AttributeProto, where: string): void {
  if (sparseTensor != null || (sparseTensors ?? []).length > 0)
    throw new UserError(`${where}: attribute ${printable(name)} is a sparse tensor, which is not supported`);
  for (const tensor of [...(t == null ? [] : [t]), ...(tensors ?? [])]) {
    checkTensorData(tensor, `${where}, attribute ${printable(name)}`);
    refuseExternal(tensor, `${where}, attribute ${printable(name)}`);
  }
}

/** Exporters put the weights of the outermost graph into other files, and nothing else. */
function refuseExternal(tensor: TensorProto, where: string): void {
  if (externalData(tensor) !== null)
    throw new UserError(`${where}: tensor ${printable(tensor.name)} has external_data; only graph.initializer may have it`);
}

/** Who makes each value: a node, or null for inputs and initializers. Two makers of one name are an error. */
function makersOf(graph: GraphProto, where: string): Makers {
  const makers = new Map<string, NodeProto | null>();
  for (const name of definedOutside(graph)) makers.set(name, null);
  for (const node of graph.node ?? [])
    for (const name of node.output ?? []) {
      if (name === '') continue;
      if (makers.has(name)) throw new UserError(`${where}: ${nodeName(node)} makes ${printable(name)}, which is made already`);
      makers.set(name, node);
    }
  return makers;
}

type Makers = ReadonlyMap<string, NodeProto | null>;

/** As they stand where that works, as every exporter should write them; else sorted. What is left over reads, somewhere, what it makes. */
function inOrder(nodes: readonly NodeProto[], makers: Makers, where: string): NodeProto[] {
  const reads = new Map(nodes.map((node) => [node, new Set(valuesRead(node).flatMap((name) => makers.get(name) ?? []))]));
  const done = new Set<NodeProto>();
  const canRun = (node: NodeProto) => [...reads.get(node)!].every((maker) => done.has(maker));
  if (nodes.every((node) => canRun(node) && done.add(node))) return [...nodes];
  const waits = new Map([...reads].map(([node, { size }]) => [node, size]));
  const readers = new Map<NodeProto, NodeProto[]>(nodes.map((node) => [node, []]));
  for (const [node, before] of reads) for (const maker of before) readers.get(maker)!.push(node);
  const sorted = nodes.filter((node) => waits.get(node) === 0);
  for (const node of sorted)
    for (const reader of readers.get(node)!) {
      waits.set(reader, waits.get(reader)! - 1);
      if (waits.get(reader) === 0) sorted.push(reader);
    }
  if (sorted.length < nodes.length) throw cycleError(nodes.find((node) => waits.get(node)! > 0)!, { reads, waits, where });
  return sorted;
}

interface Stuck {
  readonly reads: ReadonlyMap<NodeProto, ReadonlySet<NodeProto>>;
  readonly waits: ReadonlyMap<NodeProto, number>;
  readonly where: string;
}

/** From a node that never can run, back along what it waits for, until one comes again: that one stands on the cycle. */
function cycleError(from: NodeProto, { reads, waits, where }: Stuck): UserError {
  const seen = new Set<NodeProto>();
  let node = from;
  while (!seen.has(node)) {
    seen.add(node);
    node = [...reads.get(node)!].find((maker) => waits.get(maker)! > 0)!;
  }
  return new UserError(
    `${where}: the graph has a cycle: ${nodeName(node)} waits for its own output ${printable(node.output?.[0])}; fetch or export it again`,
  );
}

function definedOutside(graph: GraphProto): string[] {
  return [...(graph.input ?? []), ...(graph.initializer ?? [])].map(({ name }) => name ?? '').filter((name) => name !== '');
}

/** Every value that a graph makes or is given. */
export function definedValues(graph: GraphProto): string[] {
  return [...definedOutside(graph), ...(graph.node ?? []).flatMap(({ output }) => output ?? [])];
}

function subgraphsOf(node: NodeProto): GraphProto[] {
  return (node.attribute ?? []).flatMap(({ g, graphs }) => [...(g == null ? [] : [g]), ...(graphs ?? [])]);
}

function nodeName({ name, opType }: NodeProto): string {
  return `node ${printable(name || opType)}`;
}
