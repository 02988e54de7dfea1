// ONNX model files: bytes <-> ModelProto. Fields that the schema does not know survive a round trip, so that a foreign
// export can be changed in one place and written back. Weights are not read: a tensor says where its bytes lie.
// Follows ONNX IR version 10, https://onnx.ai/onnx/repo-docs/IR.html.
import { createRequire } from 'node:module';
import type { Message, Type } from 'protobufjs';
import { MAX_ONNX_BYTES } from './limits.ts';
import { ONNX_SCHEMA } from './onnx-schema.ts';
import { printable } from './printable.ts';
import { UserError } from './user-error.ts';

/** Far above any real tensor's rank (attention masks have 5). */
const MAX_RANK = 16;

/** A number where it is exact, else protobuf's two halves: read it with `int64`. */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

export interface StringEntry {
  key: string;
  value: string;
}
export interface TensorProto {
  name?: string;
  dims?: Int64[];
  dataType?: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  uint64Data?: Int64[];
  stringData?: Uint8Array[];
  externalData?: StringEntry[];
  /** 0: in this message, 1: in a file beside the model. */
  dataLocation?: number;
}
export interface Dimension {
  dimValue?: Int64;
  dimParam?: string;
}
export interface ValueInfoProto {
  name?: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: Dimension[] } } };
}
export interface AttributeProto {
  name?: string;
  type?: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  sparseTensor?: object;
  sparseTensors?: object[];
}
export interface NodeProto {
  name?: string;
  opType?: string;
  domain?: string;
  input?: string[];
  output?: string[];
  attribute?: AttributeProto[];
}
export interface GraphProto {
  name?: string;
  node?: NodeProto[];
  initializer?: TensorProto[];
  sparseInitializer?: object[];
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}
export interface ModelProto {
  irVersion?: Int64;
  opsetImport?: { domain?: string; version?: Int64 }[];
  producerName?: string;
  producerVersion?: string;
  graph?: GraphProto;
  metadataProps?: StringEntry[];
  functions?: { name?: string; domain?: string }[];
}

/** TensorProto.DataType, by the names that safetensors and ONNX Runtime's JavaScript share. */
export const DATA_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;
export type DataType = keyof typeof DATA_TYPES;

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

/** Reads a model file's bytes; `where` names the file in errors. Unknown fields are kept for a file that is written back, dropped where only what was looked at may go on. */
export function decodeModel(
  bytes: Uint8Array,
  where: string,
  { unknownFields = 'keep' }: { readonly unknownFields?: 'keep' | 'drop' } = {},
): ModelProto {
  if (bytes.byteLength > MAX_ONNX_BYTES)
    throw new UserError(`${where}: ${bytes.byteLength} bytes, an ONNX file holds at most ${MAX_ONNX_BYTES}`);
  const type = modelType();
  let model: ModelProto;
  try {
    const reader = protobuf().Reader.create(bytes);
    reader.discardUnknown = unknownFields === 'drop';
    model = type.decode(reader) as ModelProto;
  } catch (cause) {
    throw new UserError(
      `${where}: not an ONNX model, or truncated (${cause instanceof Error ? cause.message : String(cause)}); fetch it again`,
      { cause },
    );
  }
  if (model.graph == null) throw new UserError(`${where}: not an ONNX model (no graph in ${bytes.byteLength} bytes); fetch it again`);
  for (const tensor of model.graph.initializer ?? []) checkTensor(tensor, where);
  return model;
}

/** Writes a model; the same message gives the same bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType()
    .encode(model as Message)
    .finish();
}

/** The exact number of an int64 field; one beyond 2^53 (a slice's "to the end") becomes the nearest double. */
export function int64(value: Int64 | undefined): number {
  if (value === undefined || typeof value === 'number') return value ?? 0;
  return new (protobuf().util.LongBits)(value.low >>> 0, value.high >>> 0).toNumber(value.unsigned);
}

export interface ExternalData {
  /** Relative to the model's folder. */
  readonly location: string;
  readonly offset: number;
  readonly length: number | null;
}

/** Where a tensor's bytes lie outside of the model file; null where they are inside. */
export function externalData(tensor: TensorProto): ExternalData | null {
  if (tensor.dataLocation !== 1) return null;
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  const length = entries.get('length');
  return {
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? null : Number(length),
  };
}

function checkTensor(tensor: TensorProto, where: string): void {
  const dims = (tensor.dims ?? []).map(int64);
  if (dims.length > MAX_RANK)
    throw new UserError(`${where}: tensor ${printable(tensor.name)} has ${dims.length} dimensions, at most ${MAX_RANK} are allowed`);
  if (dims.some((dim) => dim < 0))
    throw new UserError(`${where}: tensor ${printable(tensor.name)} has a negative dimension in [${dims.join(', ')}]`);
  const external = externalData(tensor);
  if (external !== null && (external.location === '' || !Number.isSafeInteger(external.offset) || external.offset < 0))
    throw new UserError(
      `${where}: tensor ${printable(tensor.name)} points outside at location '${printable(external.location)}', offset ${external.offset}`,
    );
}

const require = createRequire(import.meta.url);

let parsed: Type | undefined;
function modelType(): Type {
  parsed ??= protobuf().parse(ONNX_SCHEMA).root.lookupType('onnx.ModelProto');
  return parsed;
}

/** Loaded at the first call, which most commands never make: a plan takes digests of graphs and writes none. Node keeps it then. */
function protobuf(): typeof import('protobufjs') {
  return require('protobufjs') as typeof import('protobufjs');
}
