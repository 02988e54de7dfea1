import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonType, matricesType, tableType, tensorsType } from '../../artifacts/codecs.ts';
import { digestOf } from '../../artifacts/digest.ts';

describe('jsonType', () => {
  const type = jsonType('point', z.object({ x: z.number(), y: z.number().nullable() }), 'a point');

  it('writes canonical JSON and reads it back', async () => {
    const bytes = await type.encode({ y: null, x: 0.1 });
    expect(new TextDecoder().decode(bytes)).toBe('{"x":0.1,"y":null}');
    expect(await type.decode(bytes)).toEqual({ x: 0.1, y: null });
  });

  it('refuses a value or bytes of another shape', () => {
    expect(() => type.encode({ x: Number.NaN, y: null })).toThrow();
    expect(() => type.decode(new TextEncoder().encode('{"x":1}'))).toThrow();
  });
});

describe('tensorsType', () => {
  const type = tensorsType('state', 'a hidden state');

  it('keeps float32 and float64 to the bit, whatever the order of names', async () => {
    const hidden = Float32Array.of(0.1, -0, Number.MAX_VALUE, 1e-40);
    const [one, other] = [
      await type.encode({ hidden, std: Float64Array.of(Math.PI) }),
      await type.encode({ std: Float64Array.of(Math.PI), hidden }),
    ];
    expect(one).toEqual(other);
    const back = await type.decode(one);
    expect(back.hidden).toEqual(hidden);
    expect(back.std).toEqual(Float64Array.of(Math.PI));
  });

  it('takes views into larger buffers', async () => {
    const bytes = await type.encode({ hidden: new Float32Array(Float32Array.of(1, 2, 3).buffer, 4, 2) });
    expect((await type.decode(bytes)).hidden).toEqual(Float32Array.of(2, 3));
  });
});

describe('matricesType', () => {
  const type = matricesType('activations', 'activations by site');

  it('keeps numbers and shapes; none are a file too', async () => {
    const value = {
      'layers.0.residual': { values: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
      logits: { values: Float32Array.of(0.5), shape: [1] },
    };
    expect(await type.decode(await type.encode(value))).toEqual(value);
    expect(await type.decode(await type.encode({}))).toEqual({});
  });

  it('refuses float64', async () => {
    const other = await tensorsType('state', 'a state').encode({ a: Float64Array.of(1) });
    expect(() => type.decode(other)).toThrow('activations: a tensor has dtype F64, expected F32');
  });
});

describe('tableType', () => {
  const type = tableType(
    'rows',
    { prompt: 'INT32', scale: 'DOUBLE', text: 'STRING', correct: 'BOOLEAN', end: 'STRING?', ratio: 'DOUBLE?' },
    'rows',
  );
  const rows = [
    { prompt: 0, scale: 0.1, text: 'a "é" b', correct: true, end: null, ratio: 8.5 },
    { prompt: 1318, scale: 1e-300, text: '', correct: false, end: 'low', ratio: null },
  ];

  it('reads back every value, null where a column allows it', async () => {
    expect(await type.decode(await type.encode(rows))).toEqual(rows);
  });

  it('gives the same bytes for the same rows: changed bytes are a new version of the steps that write tables', async () => {
    expect(await type.encode(rows)).toEqual(await type.encode(structuredClone(rows)));
    expect(digestOf(await type.encode(rows))).toBe('643ed27ddb633575646be096f91ec2bbea9beef767f8d9718f9774b8eeef7d1c');
  });

  it('holds no rows, and all-null columns', async () => {
    expect(await type.decode(await type.encode([]))).toEqual([]);
    const empty = rows.map((row) => ({ ...row, end: null, ratio: null }));
    expect(await type.decode(await type.encode(empty))).toEqual(empty);
  });

  it.each([
    [{ ...rows[0]!, prompt: 0.5 }, 'rows: row 0, column prompt is 0.5, expected INT32'],
    [{ ...rows[0]!, scale: Number.NaN }, 'column scale is NaN, expected DOUBLE'],
    [{ ...rows[0]!, scale: null as unknown as number }, 'column scale is null, expected DOUBLE'],
    [{ ...rows[0]!, text: undefined as unknown as string }, 'column text is undefined, expected STRING'],
  ])('refuses a cell that does not fit its column %#', async (row, message) => {
    await expect(type.encode([row])).rejects.toThrow(message);
  });
});
