// Builders of artifact types: JSON checked by a zod schema, named tensors in safetensors, rows in Parquet. All encode
// deterministically, so that the same value is the same object. The Parquet library is loaded by the first table.
import type { z } from 'zod';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { ArtifactType } from './artifact-type.ts';
import { canonicalJsonBytes } from './canonical-json.ts';

/** Small results: canonical JSON. */
export function jsonType<Schema extends z.ZodType>(name: string, schema: Schema, description: string): ArtifactType<z.output<Schema>> {
  return {
    name,
    format: 'json',
    description,
    encode: (value) => canonicalJsonBytes(schema.parse(value)),
    decode: (bytes) => schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))),
  };
}

export type NamedTensors = Readonly<Record<string, Float32Array | Float64Array>>;

/** One-dimensional tensors by name; float32 and float64 come back as they went in. */
export function tensorsType(name: string, description: string): ArtifactType<NamedTensors> {
  return {
    name,
    format: 'safetensors',
    description,
    encode: (value) => encodeSafetensors(mapValues(value, tensorOf)),
    decode: (bytes) => mapValues(Object.fromEntries(decodeSafetensors(bytes, name).tensors), (tensor) => valuesOf(tensor, name)),
  };
}

/** Row-major. */
export interface Matrix {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Float32 tensors of any shape by name. */
export function matricesType(name: string, description: string): ArtifactType<Readonly<Record<string, Matrix>>> {
  return {
    name,
    format: 'safetensors',
    description,
    encode: (value) => encodeSafetensors(mapValues(value, ({ values, shape }) => ({ ...tensorOf(values), shape }))),
    decode: (bytes) =>
      mapValues(Object.fromEntries(decodeSafetensors(bytes, name).tensors), (tensor) => ({
        values: floatsOf(tensor, name),
        shape: tensor.shape,
      })),
  };
}

function floatsOf(tensor: Tensor, name: string): Float32Array {
  const values = valuesOf(tensor, name);
  if (values instanceof Float32Array) return values;
  throw new Error(`${name}: a tensor has dtype F64, expected F32`);
}

function tensorOf(values: Float32Array | Float64Array): Tensor {
  const dtype = values instanceof Float32Array ? 'F32' : 'F64';
  return { dtype, shape: [values.length], bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** A copy: the file's bytes need not lie at a multiple of the element size. (`slice` of a Buffer would be a view.) */
function valuesOf({ dtype, bytes }: Tensor, name: string): Float32Array | Float64Array {
  const buffer = new Uint8Array(bytes).buffer;
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return new Float64Array(buffer);
  throw new Error(`${name}: a tensor has dtype ${dtype}, expected F32 or F64`);
}

/** A column's type; `?` allows null. */
export type ColumnType = 'INT32' | 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'INT32?' | 'DOUBLE?' | 'STRING?' | 'BOOLEAN?';
type CellOf<Type> = Type extends `${infer Base}?`
  ? CellOf<Base> | null
  : Type extends 'STRING'
    ? string
    : Type extends 'BOOLEAN'
      ? boolean
      : number;
export type RowOf<Columns> = { readonly [Name in keyof Columns]: CellOf<Columns[Name]> };

/** Rows with the given columns, in the order in which they come. */
export function tableType<const Columns extends Readonly<Record<string, ColumnType>>>(
  name: string,
  columns: Columns,
  description: string,
): ArtifactType<readonly RowOf<Columns>[]> {
  return {
    name,
    format: 'parquet',
    description,
    encode: (rows) => encodeTable(name, columns, rows as readonly Readonly<Record<string, unknown>>[]),
    async decode(bytes) {
      const { parquetReadObjects } = await import('hyparquet');
      return (await parquetReadObjects({ file: bytes.slice().buffer })) as unknown as readonly RowOf<Columns>[];
    },
  };
}

async function encodeTable(
  name: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<Uint8Array> {
  const columnData = Object.entries(columns).map(([column, declared]) => {
    const type = declared.replace('?', '') as 'INT32' | 'DOUBLE' | 'STRING' | 'BOOLEAN';
    const data = rows.map((row, i) => checkedCell(row[column], declared, `${name}: row ${i}, column ${column}`));
    return { name: column, data, type, nullable: declared.endsWith('?') };
  });
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function checkedCell(cell: unknown, declared: ColumnType, where: string): unknown {
  if (cell === null && declared.endsWith('?')) return cell;
  const type = declared.replace('?', '');
  const fits =
    type === 'STRING'
      ? typeof cell === 'string'
      : type === 'BOOLEAN'
        ? typeof cell === 'boolean'
        : type === 'INT32'
          ? Number.isInteger(cell) && cell === ((cell as number) | 0)
          : Number.isFinite(cell);
  if (!fits) throw new TypeError(`${where} is ${String(cell)}, expected ${declared}`);
  // -0 and 0 are one number and shall be one artifact.
  return Object.is(cell, -0) ? 0 : cell;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
