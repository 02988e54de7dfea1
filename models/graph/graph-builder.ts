// Builds ONNX graphs as values: an operator takes names of values and gives the name of a new one. Weights stay in their
// files: an external initializer names a file of the model's folder, an offset and a length (ONNX Runtime maps it).
// In: calls; out: the bytes of a ModelProto and a digest that does not know where the weights lie.
import { createHash } from 'node:crypto';
import {
  ATTRIBUTE_TYPES,
  type AttributeProto,
  DATA_TYPES,
  type DataType,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../formats/onnx-proto.ts';

const IR_VERSION = 10;
const OPSET_VERSION = 21;
const MICROSOFT = 'com.microsoft';

/** The name of a value in a graph; '' stands for an optional input that is left out. */
export type Value = string;
/** A number is one size, a string a symbol that equal sizes share. */
export type Dims = readonly (number | string)[];

/** Integers are INT attributes, `float(x)` a FLOAT one, a builder a subgraph (Loop, If, Scan). */
export type Attribute = number | readonly number[] | string | FloatAttribute | GraphBuilder;
export interface FloatAttribute {
  readonly float: number;
}
export type Attributes = Readonly<Record<string, Attribute>>;

/** Where a weight's bytes lie. */
export interface WeightLocation {
  /** File name within the model's folder. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly dtype: DataType;
  readonly dims: readonly number[];
}

export type ConstantData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

export interface NodeOptions {
  /** `microsoft` is the domain of ONNX Runtime's own operators. */
  readonly domain?: 'microsoft';
  /** Names the (first) output; by default one is made from the operator's name. */
  readonly name?: string;
}

export interface GraphBuilder {
  input(name: string, dtype: DataType, dims: Dims): Value;
  /** Marks a value as an output of the graph under its own name, or (by an Identity) under another one. */
  output(value: Value, dtype: DataType, dims: Dims, name?: string): void;
  /** One operator with one output. */
  node(op: string, inputs: readonly Value[], attributes?: Attributes, options?: NodeOptions): Value;
  /** One operator with several outputs; a count of outputs, or their names ('' leaves one out). */
  nodes(op: string, inputs: readonly Value[], outputs: number | readonly string[], attributes?: Attributes, options?: NodeOptions): Value[];
  constant(dtype: DataType, dims: readonly number[], data: ConstantData, name?: string): Value;
  /** A float32 scalar or vector constant. */
  floats(values: number | readonly number[]): Value;
  /** An int64 scalar or vector constant; equal ones are made once. */
  ints(values: number | readonly number[]): Value;
  /** An initializer in a weights file; the same name twice is the same value. */
  external(name: string, weight: WeightLocation): Value;
  /** What `make` gave at the first call with this key. */
  once(key: string, make: () => Value): Value;
  /** A graph for a Loop or If: its operators may use this graph's values by name, and names never clash. */
  subgraph(name: string): GraphBuilder;
  proto(): GraphProto;
}

export function float(value: number): FloatAttribute {
  return { float: value };
}

/** A new empty graph; a prefix keeps the names that it makes apart from those of a foreign graph that it becomes part of. */
export function graph(name: string, prefix = ''): GraphBuilder {
  return builder(name, { prefix, counts: new Map() });
}

export interface BuiltGraph {
  readonly bytes: Uint8Array;
  /** SHA-256 of the model's JSON with the places of its weights left out: what computes, not where it lies. */
  readonly digest: string;
}

export function buildModel(built: GraphBuilder): BuiltGraph {
  const model = modelOf(built.proto());
  return {
    // Made where a session is opened: a plan asks for the digest alone.
    get bytes() {
      return encodeModel(model);
    },
    digest: createHash('sha256')
      .update(JSON.stringify(withoutLocations(model)))
      .digest('hex'),
  };
}

function modelOf(graphProto: GraphProto): ModelProto {
  return {
    irVersion: IR_VERSION,
    producerName: 'tstar',
    opsetImport: [
      { domain: '', version: OPSET_VERSION },
      { domain: MICROSOFT, version: 1 },
    ],
    graph: graphProto,
  };
}

/** Initializers without their places. What JSON would lose or write at length is put into its place here: a replacer would be asked of every value. */
function withoutLocations({ graph: proto, ...model }: ModelProto): unknown {
  const initializer = (proto?.initializer ?? []).map(({ externalData, ...tensor }) => tensor);
  return { ...model, graph: forJson({ ...proto, initializer }) };
}

function forJson(proto: GraphProto): unknown {
  const node = (proto.node ?? []).map((one) => (one.attribute?.length ? { ...one, attribute: one.attribute.map(attributeForJson) } : one));
  const initializer = (proto.initializer ?? []).map((tensor) =>
    tensor.rawData === undefined ? tensor : { ...tensor, rawData: Buffer.from(tensor.rawData).toString('base64') },
  );
  return { ...proto, node, initializer };
}

function attributeForJson(attribute: AttributeProto): unknown {
  if (attribute.g !== undefined) return { ...attribute, g: forJson(attribute.g) };
  return typeof attribute.f === 'number' && !Number.isFinite(attribute.f) ? { ...attribute, f: String(attribute.f) } : attribute;
}

interface Names {
  readonly prefix: string;
  readonly counts: Map<string, number>;
}

/** Names are counted per operator over a graph and all its subgraphs, so that the same calls give the same bytes. */
function builder(name: string, names: Names): GraphBuilder {
  const proto = {
    name,
    node: [] as NodeProto[],
    initializer: [] as TensorProto[],
    input: [] as ValueInfoProto[],
    output: [] as ValueInfoProto[],
  };
  const constants = new Map<string, Value>();
  const fresh = (stem: string): string => {
    const count = names.counts.get(stem) ?? 0;
    names.counts.set(stem, count + 1);
    return `${names.prefix}${stem}_${count}`;
  };

  const self: GraphBuilder = {
    input(inputName, dtype, dims) {
      proto.input.push(valueInfo(inputName, dtype, dims));
      return inputName;
    },
    output(value, dtype, dims, outputName) {
      if (outputName !== undefined && outputName !== value) proto.node.push({ opType: 'Identity', input: [value], output: [outputName] });
      proto.output.push(valueInfo(outputName ?? value, dtype, dims));
    },
    node(op, inputs, attributes, options) {
      return self.nodes(op, inputs, 1, attributes, options)[0]!;
    },
    nodes(op, inputs, outputs, attributes, options) {
      const nodeName = options?.name ?? fresh(op);
      const output =
        typeof outputs === 'number' ? Array.from({ length: outputs }, (_, i) => (i === 0 ? nodeName : `${nodeName}.${i}`)) : [...outputs];
      const node: NodeProto = {
        name: nodeName,
        opType: op,
        input: [...inputs],
        output,
        attribute: Object.entries(attributes ?? {}).map(attributeProto),
      };
      if (options?.domain === 'microsoft') node.domain = MICROSOFT;
      proto.node.push(node);
      return output;
    },
    constant(dtype, dims, data, constantName) {
      const value = constantName ?? fresh('constant');
      const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      proto.initializer.push({ name: value, dims: [...dims], dataType: DATA_TYPES[dtype], rawData });
      return value;
    },
    floats(values) {
      const list = typeof values === 'number' ? [values] : values;
      return self.once(`float32 ${typeof values === 'number'} ${list}`, () =>
        self.constant('float32', typeof values === 'number' ? [] : [list.length], Float32Array.from(list)),
      );
    },
    ints(values) {
      const list = typeof values === 'number' ? [values] : values;
      return self.once(`int64 ${typeof values === 'number'} ${list}`, () =>
        self.constant('int64', typeof values === 'number' ? [] : [list.length], BigInt64Array.from(list, BigInt)),
      );
    },
    external(weightName, { file, offset, length, dtype, dims }) {
      return self.once(`external ${weightName}`, () => {
        const externalData = Object.entries({ location: file, offset: String(offset), length: String(length) }).map(([key, value]) => ({
          key,
          value,
        }));
        proto.initializer.push({ name: weightName, dims: [...dims], dataType: DATA_TYPES[dtype], dataLocation: 1, externalData });
        return weightName;
      });
    },
    once(key, make) {
      const value = constants.get(key) ?? make();
      constants.set(key, value);
      return value;
    },
    subgraph: (subgraphName) => builder(subgraphName, names),
    proto: () => proto,
  };
  return self;
}

function valueInfo(name: string, dtype: DataType, dims: Dims): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[dtype], shape: { dim } } } };
}

function attributeProto([name, value]: [string, Attribute]): AttributeProto {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPES.string, s: Buffer.from(value, 'utf8') };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  if ('proto' in value) return { name, type: ATTRIBUTE_TYPES.graph, g: value.proto() };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: [...value] };
}
