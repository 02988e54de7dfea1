// One ONNX Runtime session: a graph's bytes and the folder of its weights in, tensors in and out. The only import of
// onnxruntime-node, at the first session: loading the native library takes a while and most commands never need it.
// `run` blocks the thread until the graph is done (the binding is synchronous under its promise).
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../../formats/user-error.ts';
import type { ComputeWay, Device } from '../engine.ts';

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;
export interface GraphTensor {
  readonly data: TensorData;
  readonly dims: readonly number[];
}
export type Feeds = Readonly<Record<string, GraphTensor>>;

export interface GraphSession {
  /** Feeds by input name; answers by output name. Data are used in place, not copied. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, GraphTensor>>;
  close(): Promise<void>;
}

/** Below this one thread computes: handing the others their parts of so small products takes longer than the parts. */
const ONE_THREAD_BYTES = 4e6;

export interface SessionRequest extends ComputeWay {
  readonly bytes: Uint8Array;
  /** External initializers are named relative to it; ONNX Runtime maps them and copies nothing. */
  readonly folder: string;
  /** What the weights take, inside the graph or outside; much unless said. */
  readonly sizeBytes?: number;
  readonly device: Device;
  /** The file of a graph that somebody else made: to blame where the runtime refuses it, at first or at a run. */
  readonly foreign?: string;
}

export async function openGraphSession(request: SessionRequest): Promise<GraphSession> {
  const { bytes, folder, device, foreign, optimization } = request;
  if (device === 'cuda' && !hasProviderLibrary('cuda'))
    throw new UserError(
      "device cuda: ONNX Runtime's CUDA provider is not installed here; install it with `npm ci --onnxruntime-node-install=cuda12`, or run with --set device=cpu",
    );
  const { InferenceSession: Session, Tensor: OrtTensor } = await import('onnxruntime-node');
  const options: InferenceSession.SessionOptions = {
    executionProviders: device === 'cuda' ? ['cuda'] : ['cpu'],
    intraOpNumThreads: threadCount(request),
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization === 'off' ? 'disabled' : 'all',
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  };
  const session = await Session.create(bytes, options).catch((cause: Error) => {
    throw new UserError(`${foreign ?? folder}: ONNX Runtime cannot load the model's graph: ${firstLine(cause)}`, { cause });
  });
  return {
    async run(feeds, outputs = session.outputNames) {
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { data, dims }]) => [name, new OrtTensor(dtypeOf(data), data as never, dims)]),
      );
      const results = await session.run(tensors, [...outputs]).catch((cause: Error) => {
        // A graph that is built here and does not run is a bug.
        if (foreign === undefined) throw cause;
        throw new UserError(`${foreign}: ONNX Runtime cannot run the graph: ${firstLine(cause)}; export the model again`, { cause });
      });
      return Object.fromEntries(outputs.map((name) => [name, { data: results[name]!.data as TensorData, dims: results[name]!.dims }]));
    },
    close: () => session.release(),
  };
}

function threadCount({ sizeBytes = Infinity, threads }: SessionRequest): number {
  const isOne = sizeBytes < ONE_THREAD_BYTES;
  return isOne === (threads === undefined) ? 1 : availableParallelism();
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0]!;
}

/** The library's version and the providers that this installation can use; loads the library. */
export async function availableProviders(): Promise<{ readonly version: string; readonly providers: readonly string[] }> {
  const { env, listSupportedBackends } = await import('onnxruntime-node');
  const usable = listSupportedBackends().filter(({ name, bundled }) => bundled || hasProviderLibrary(name));
  return { version: env.versions.node ?? env.versions.common, providers: usable.map(({ name }) => name) };
}

/** Providers that are not part of the library come as files of their own, with the package's own install option. */
function hasProviderLibrary(provider: string): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(folder) && readdirSync(folder).some((file) => file.includes(`onnxruntime_providers_${provider}`));
}

function dtypeOf(data: TensorData): Tensor.Type {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return 'uint8';
}
