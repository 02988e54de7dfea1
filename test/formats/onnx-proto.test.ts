// ONNX files of two exporters are read and written back byte for byte; damaged ones are one clear line.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, externalData, int64 } from '../../formats/onnx-proto.ts';
import { UserError } from '../../formats/user-error.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';

const FILES = [
  'genai-tiny-llama-fp32/model.onnx',
  'genai-tiny-qwen2-int4/model.onnx',
  'optimum-tiny-llama/onnx/model.onnx',
  'optimum-tiny-qwen2-bf16/onnx/model.onnx',
];

describe.skipIf(!hasMirror)(`foreign ONNX files (${hasMirror ? 'exports in the mirror' : NO_MIRROR})`, () => {
  it.each(FILES)('%s is written back as it was', (file) => {
    const bytes = readFileSync(inMirror('fixtures', file));
    const model = decodeModel(bytes, file);
    expect(model.graph!.node!.length).toBeGreaterThan(10);
    expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
  });

  it('tells where weights lie outside of the file', () => {
    const file = FILES[0]!;
    const tensors = decodeModel(readFileSync(inMirror('fixtures', file)), file).graph!.initializer!;
    const outside = tensors.map(externalData).filter((place) => place !== null);
    expect(outside.length).toBeGreaterThan(10);
    expect(new Set(outside.map(({ location }) => location))).toEqual(new Set(['model.onnx.data']));
  });

  it('a truncated file is a UserError that names it', () => {
    const bytes = readFileSync(inMirror('fixtures', FILES[0]!));
    expect(() => decodeModel(bytes.subarray(0, 12_345), 'cut.onnx')).toThrow(UserError);
    expect(() => decodeModel(bytes.subarray(0, 12_345), 'cut.onnx')).toThrow(/^cut\.onnx: not an ONNX model, or truncated/);
  });
});

describe('an ONNX message', () => {
  it('without a graph is refused', () => {
    expect(() => decodeModel(new Uint8Array(), 'empty.onnx')).toThrow(
      'empty.onnx: not an ONNX model (no graph in 0 bytes); fetch it again',
    );
  });

  it('keeps fields that the schema does not know', () => {
    const unknown = Uint8Array.of(0xfa, 0x3f, 3, 1, 2, 3); // field 1023, length-delimited
    const bytes = Buffer.concat([encodeModel({ irVersion: 10, graph: { name: 'g' } }), unknown]);
    expect(Buffer.compare(encodeModel(decodeModel(bytes, 'a.onnx')), bytes)).toBe(0);
  });

  it('with impossible tensors is refused', () => {
    const withTensor = (dims: number[], externalEntries: { key: string; value: string }[] = []) =>
      encodeModel({ graph: { initializer: [{ name: 'w', dims, dataLocation: externalEntries.length, externalData: externalEntries }] } });
    expect(() => decodeModel(withTensor([2, -1]), 'a.onnx')).toThrow('a.onnx: tensor w has a negative dimension in [2, -1]');
    expect(() => decodeModel(withTensor(new Array(17).fill(1)), 'a.onnx')).toThrow('has 17 dimensions, at most 16');
    expect(() => decodeModel(withTensor([1], [{ key: 'offset', value: '-8' }]), 'a.onnx')).toThrow(
      "points outside at location '', offset -8",
    );
  });

  it('reads 64-bit integers', () => {
    expect(int64(undefined)).toBe(0);
    expect(int64(7)).toBe(7);
    expect(int64({ low: -1, high: -1, unsigned: false })).toBe(-1);
    expect(int64({ low: 0, high: 1, unsigned: false })).toBe(2 ** 32);
  });
});
