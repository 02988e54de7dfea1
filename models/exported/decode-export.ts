// The bytes of an exported ONNX file -> a checked model, its sites, and the files of weights that it asks for. What passes
// here holds: no cycle, every value made once, every tensor as large as its dims say, weights inside the model's folder.
import { createHash } from 'node:crypto';
import { checkedGraph } from '../../formats/onnx-graph.ts';
import { decodeModel, externalData, type GraphProto, int64, type ModelProto, type TensorProto } from '../../formats/onnx-proto.ts';
import { tensorBytes } from '../../formats/onnx-tensor.ts';
import { printable } from '../../formats/printable.ts';
import { UserError } from '../../formats/user-error.ts';
import { findLinears } from '../graph/exported-linears.ts';
import { type ExportedSite, exportedSites } from '../graph/exported-sites.ts';

export interface ExportedModel {
  /** How errors name it: the file's path. */
  readonly where: string;
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly model: ModelProto;
  readonly graph: GraphProto;
  readonly sites: readonly ExportedSite[];
  /** Weights in other files. */
  readonly external: readonly ExternalTensor[];
}

export interface ExternalTensor {
  readonly tensor: string;
  /** Relative to the graph's folder, with `/`; never leads out of it by its name. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** What the instrument is written in (Slice, ReduceSum) takes its axes as inputs from this opset on. */
const MIN_OPSET = 13;

export function decodeExport(bytes: Uint8Array, where: string): ExportedModel {
  const model = decodeModel(bytes, where, { unknownFields: 'drop' });
  const graph = checkedGraph(model, where);
  const opset = int64(model.opsetImport?.find(({ domain }) => ['', 'ai.onnx'].includes(domain ?? ''))?.version);
  if (opset < MIN_OPSET)
    throw new UserError(`${where}: opset_import is ${opset}; exports of opset ${MIN_OPSET} and later are supported, export it again`);
  return {
    where,
    digest: createHash('sha256').update(bytes).digest('hex'),
    model,
    graph,
    sites: exportedSites(graph, findLinears(graph, where)),
    external: (graph.initializer ?? []).flatMap((tensor) => externalTensor(tensor, where) ?? []),
  };
}

/** The files of weights, sorted. */
export function externalFiles({ external }: ExportedModel): string[] {
  return [...new Set(external.map(({ location }) => location))].sort();
}

function externalTensor(tensor: TensorProto, where: string): ExternalTensor | null {
  const external = externalData(tensor);
  if (external === null) return null;
  const [name, location] = [printable(tensor.name), external.location];
  const leaves = location.split('/').some((part) => part === '..' || part === '') || /[\\:\0]/.test(location);
  if (leaves)
    throw new UserError(
      `${where}: tensor ${name}: external_data location '${printable(location)}' leads out of the model's folder; weights must lie beside the graph`,
    );
  return { tensor: name, location, offset: external.offset, length: tensorBytes(tensor, where) };
}
