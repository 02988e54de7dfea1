// A GGUF file to a folder in Hugging Face layout: float32 model.safetensors, config.json, generation_config.json,
// tokenizer.json, tokenizer_config.json. Streams in pieces of a few MiB; everything is checked before the first byte is
// written; the folder appears whole or not at all (a temporary one beside it, flushed, then renamed).
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Gguf, readGguf } from '../formats/gguf.ts';
import { openRangeReader, type RangeReader } from '../formats/range-reader.ts';
import { createSafetensorsWriter, type SafetensorsWriter } from '../formats/safetensors-writer.ts';
import { TransientError, UserError } from '../formats/user-error.ts';
import { withOwnPath } from '../hub/own-names.ts';
import { findNotFinite } from '../numerics/find-not-finite.ts';
import { generationConfigOfGguf, modelConfigOfGguf } from './gguf/model-config.ts';
import { planTensors, type TensorPlan } from './gguf/tensor-names.ts';
import { tokenizerOfGguf } from './gguf/tokenizer-of-gguf.ts';
import { hashFile } from './hash-file.ts';

export interface ConvertGgufOptions {
  /** SHA-256 by name of files that the conversion must write, where they are known beforehand. */
  readonly expected?: Readonly<Record<string, string>> | undefined;
  /** For a file that has none. */
  readonly chatTemplate?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Values converted so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Decoded values per piece: 4 MiB of float32. */
const PIECE_VALUES = 1 << 20;

export function convertGguf(source: string, folder: string, options: ConvertGgufOptions = {}): Promise<void> {
  return withOwnPath(join(dirname(folder), `.${basename(folder)}.partial`), async (temporary) => {
    const reader = await openRangeReader(source);
    try {
      const gguf = await readGguf(reader);
      const config = modelConfigOfGguf(gguf);
      const plan = planTensors(gguf, config);
      const texts = jsonFiles(gguf, options.chatTemplate);
      await mkdir(temporary, { recursive: true });
      await writeTensors(reader, join(temporary, 'model.safetensors'), plan, options);
      for (const [name, value] of texts) await writeJson(join(temporary, name), value);
      await checkFiles(temporary, source, options);
      await moveInto(temporary, folder);
    } catch (cause) {
      if (isDiskFull(cause))
        throw new TransientError(`${dirname(folder)}: no space left while converting ${source}; free some and start again`, { cause });
      throw cause;
    } finally {
      await reader.close();
    }
  });
}

function jsonFiles(gguf: Gguf, chatTemplate: string | undefined): [string, object][] {
  const { tokenizer, config } = tokenizerOfGguf(gguf, chatTemplate);
  return [
    ['config.json', modelConfigOfGguf(gguf)],
    ['generation_config.json', generationConfigOfGguf(gguf)],
    ['tokenizer.json', tokenizer],
    ['tokenizer_config.json', config],
  ];
}

async function writeTensors(reader: RangeReader, file: string, plan: readonly TensorPlan[], options: ConvertGgufOptions): Promise<void> {
  const declared = plan.map(({ name, source }) => ({ name, dtype: 'F32' as const, shape: source.shape }));
  const writer = await createSafetensorsWriter(file, declared, { format: 'pt' });
  const byName = new Map(plan.map((tensor) => [tensor.name, tensor]));
  const total = plan.reduce((sum, { source }) => sum + valuesOf(source.shape), 0);
  let done = 0;
  try {
    for (const name of writer.order) {
      const tensor = byName.get(name) as TensorPlan;
      await writeTensor(reader, writer, tensor, (values) => {
        options.signal?.throwIfAborted();
        done += values;
        options.onProgress?.(done, total);
      });
    }
    await writer.finish();
  } finally {
    await writer.abandon();
  }
}

async function writeTensor(
  reader: RangeReader,
  writer: SafetensorsWriter,
  { source, added, unpermuteHeadRows }: TensorPlan,
  onPiece: (values: number) => void,
): Promise<void> {
  const rowValues = source.shape.length > 1 ? (source.shape.at(-1) as number) : 1;
  const blockRows = Math.max(1, source.type.values / rowValues);
  // Whole heads where rows change places, whole rows (and blocks) otherwise.
  const unit = (unpermuteHeadRows ?? blockRows) * rowValues;
  const pieceValues = Math.max(1, Math.floor(PIECE_VALUES / unit)) * unit;
  const values = valuesOf(source.shape);
  for (let from = 0; from < values; from += pieceValues) {
    const count = Math.min(pieceValues, values - from);
    const bytesAt = (value: number) => (value / source.type.values) * source.type.sizeBytes;
    const bytes = await reader.read(source.offset + bytesAt(from), bytesAt(count));
    let piece = new Float32Array(count);
    source.type.decode(bytes, piece);
    const broken = findNotFinite(piece);
    if (broken !== undefined)
      throw new UserError(
        `${reader.name}: tensor ${source.name} holds ${piece[broken]} at element ${from + broken} (${source.type.name}); its scales are damaged, fetch the file again`,
      );
    if (added !== 0) piece = piece.map((value) => value - added);
    if (unpermuteHeadRows !== undefined) piece = unpermuteHeads(piece, unpermuteHeadRows, rowValues);
    await writer.append(new Uint8Array(piece.buffer));
    onPiece(count);
  }
}

/** Whole heads of `headRows` rows: row (half h, pair i) comes from row 2 i + h. */
export function unpermuteHeads(values: Float32Array, headRows: number, rowValues: number): Float32Array<ArrayBuffer> {
  const ordered = new Float32Array(values.length);
  const half = headRows / 2;
  for (let row = 0; row < values.length / rowValues; row++) {
    const inHead = row % headRows;
    const from = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    ordered.set(values.subarray(from * rowValues, (from + 1) * rowValues), row * rowValues);
  }
  return ordered;
}

function valuesOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

async function writeJson(file: string, value: object): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 1)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checkFiles(folder: string, source: string, { expected = {}, signal }: ConvertGgufOptions): Promise<void> {
  for (const [name, wanted] of Object.entries(expected)) {
    const found = await hashFile(join(folder, name), signal);
    if (found !== wanted) throw new Error(`${source}: converts to a ${name} with SHA-256 ${found}, the catalogue says ${wanted}`);
  }
}

/** Renames; where another process was faster, its folder stays (it has the same content). */
async function moveInto(temporary: string, folder: string): Promise<void> {
  try {
    await rename(temporary, folder);
  } catch (cause) {
    const there = await stat(join(folder, 'config.json')).catch(() => undefined);
    if (there === undefined) throw cause;
  }
}

function isDiskFull(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
}
