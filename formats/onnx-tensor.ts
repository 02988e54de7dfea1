// The size that a tensor's dims and type promise, against the bytes that it has: in the message, in typed fields, or in a
// file beside the model. Checked before a runtime takes memory for it. Types: onnx.proto, TensorProto.DataType.
import { externalData, int64, type TensorProto } from './onnx-proto.ts';
import { printable } from './printable.ts';
import { UserError } from './user-error.ts';

/** Bits of an element by TensorProto.DataType; strings (8) have no fixed size. */
const ELEMENT_BITS: Readonly<Record<number, number>> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16 },
  ...{ 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4 },
};
const STRING = 8;

/** Bytes of the tensor's content, packed; a UserError where dims and type are none, or beyond what a number holds. */
export function tensorBytes(tensor: TensorProto, where: string): number {
  const bits = ELEMENT_BITS[tensor.dataType ?? 0];
  if (bits === undefined)
    throw new UserError(`${where}: tensor ${printable(tensor.name)} has data_type ${tensor.dataType}, which ONNX does not know`);
  const dims = (tensor.dims ?? []).map(int64);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(count * bits))
    throw new UserError(
      `${where}: tensor ${printable(tensor.name)} has ${count} elements in dims [${dims.join(', ')}], which no file holds`,
    );
  return Math.ceil((count * bits) / 8);
}

/** A tensor's bytes are in one place, and as many as its dims say; those outside the file are for `readExport` to look at. */
export function checkTensorData(tensor: TensorProto, where: string): void {
  if (tensor.dataType === STRING) {
    if (externalData(tensor) !== null) throw new UserError(`${where}: tensor ${printable(tensor.name)} has strings in external_data`);
    return;
  }
  const needed = tensorBytes(tensor, where);
  const external = externalData(tensor);
  if (external !== null) {
    if (external.length !== null && external.length !== needed)
      throw new UserError(
        `${where}: tensor ${printable(tensor.name)} has external_data of length ${external.length}, its dims need ${needed} bytes`,
      );
    return;
  }
  const raw = tensor.rawData?.length ?? 0;
  if (raw > 0 && raw !== needed)
    throw new UserError(
      `${where}: tensor ${printable(tensor.name)} has raw_data of ${raw} bytes, its dims need ${needed}; the file may be cut off`,
    );
  if (raw === 0 && needed > 0 && typedCount(tensor) === 0)
    throw new UserError(`${where}: tensor ${printable(tensor.name)} has no data, its dims need ${needed} bytes; the file may be cut off`);
}

function typedCount({ floatData, int32Data, int64Data, doubleData, uint64Data }: TensorProto): number {
  return [floatData, int32Data, int64Data, doubleData, uint64Data].reduce((sum, list) => sum + (list?.length ?? 0), 0);
}
